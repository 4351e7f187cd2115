internal import CHDF5
internal import Glibc
internal import H5Model

/// Makes references into a file such as lead to the same in a copy of it.
struct ReferenceTranslator: ~Copyable {
    private let title: String
    private let source: hid_t
    private let copy: hid_t
    /// The group that is the copy of the source's root.
    private let root: ObjectPath
    /// The path of each object of the source.
    private var paths: [ObjectIdentity: ObjectPath] = [:]
    /// What holds references, in values or attributes.
    private(set) var holders: [ObjectPath] = []

    /// Elements of so many bytes are in memory at once.
    private static let batch = 1 << 20

    /// Looks through a file that is to be copied.
    /// - Throws: `unsupported` for what cannot be copied without a filter that is not there; as `TreeWalk`.
    init(_ file: borrowing File, to copy: borrowing File, below root: ObjectPath) throws(HDF5Error) {
        title = file.access.title
        source = file.handle.id
        self.copy = copy.handle.id
        self.root = root
        try note(.root, in: file)
        var walk = try TreeWalk(from: .root, in: file, maximumDepth: nil)
        while let found = try walk.next(in: file) { try note(found.path, in: file) }
    }

    private mutating func note(_ path: ObjectPath, in file: borrowing File) throws(HDF5Error) {
        let object = try file.object(at: path)
        let facts = try object.facts()
        paths[ObjectIdentity(facts)] = path
        var holds = facts.attribute_count > 0 ? try !object.namesOfReferringAttributes().isEmpty : false
        if object.kind == .dataset {
            let dataset = try Dataset(object, in: file)
            holds = try refers(dataset.type.id, "reading the datatype of \(path)") || holds
            // libhdf5 decodes what lies in the heap to copy it, and crashes where it cannot.
            if dataset.datatype.hasVariableLength, let failure = try dataset.missingFilter() { throw failure }
        }
        if holds { holders.append(path) }
    }

    /// Gives an attribute of the copy the translated values of the original's.
    func rewriteAttribute(
        _ name: [CChar], of old: borrowing Object, in new: borrowing Object
    ) throws(HDF5Error) {
        let operation = "copying references in an attribute of \(old.path)"
        let from = try Handle(H5Aopen(old.handle.id, name, 0), .attribute, operation)
        let to = try Handle(H5Aopen(new.handle.id, name, 0), .attribute, operation)
        let type = try Handle(H5Aget_type(from.id), .datatype, operation)
        let newType = try Handle(H5Aget_type(to.id), .datatype, operation)
        let space = try Handle(H5Aget_space(from.id), .dataspace, operation)
        let count = Int(try check(H5Sget_simple_extent_npoints(space.id), operation))
        try rewrite(
            count, type.id, space.id, operation, read: { H5Aread(from.id, type.id, $0) },
            write: { H5Awrite(to.id, newType.id, $0) })
    }

    /// Gives a dataset of the copy the translated values of the original.
    func rewrite(_ old: borrowing Dataset, in new: borrowing Dataset) throws(HDF5Error) {
        let operation = "copying the references in \(old.path)"
        guard try refers(old.type.id, operation), let shape = old.dataspace.shape, let count = shape.elementCount,
            count > 0, old.hasOwnValues
        else { return }
        let (from, fromType, to, toType) = (old.object.handle.id, old.type.id, new.object.handle.id, new.type.id)
        if shape.isEmpty {
            let space = try Handle(H5Screate(H5S_SCALAR), .dataspace, operation)
            return try rewrite(
                1, fromType, space.id, operation, read: { H5Dread(from, fromType, 0, 0, 0, $0) },
                write: { H5Dwrite(to, toType, 0, 0, 0, $0) })
        }
        let whole = Selection.hyperslab(Hyperslab(all: shape))
        let limit = max(Self.batch / max(H5Tget_size(fromType), 1), 1)
        var first = 0
        while first < count {
            let part = whole.slab(from: first, limit: limit)
            first += part.count
            let spaces = try TransferSpaces(part.selection, of: old.object)
            var extent = hsize_t(part.count)
            let space = try Handle(H5Screate_simple(1, &extent, nil), .dataspace, operation)
            try rewrite(
                part.count, fromType, space.id, operation,
                read: { place in spaces.forEachPart { H5Dread(from, fromType, $0, $1, 0, place) } },
                write: { place in spaces.forEachPart { H5Dwrite(to, toType, $0, $1, 0, place) } })
        }
    }

    private func rewrite(
        _ count: Int, _ type: hid_t, _ space: hid_t, _ operation: String,
        read: (UnsafeMutableRawPointer) -> herr_t, write: (UnsafeMutableRawPointer) -> herr_t
    ) throws(HDF5Error) {
        let size = H5Tget_size(type)
        let slots = try ReferenceSlots(type, operation)
        let elements = UnsafeMutableRawBufferPointer.allocate(byteCount: max(count * size, 1), alignment: 16)
        defer { elements.deallocate() }
        elements.initializeMemory(as: UInt8.self, repeating: 0)
        guard let start = elements.baseAddress, count > 0 else { return }
        try check(read(start), operation)
        defer { _ = chdf5_reclaim(type, space, start) }
        var holds = false
        for index in 0..<count {
            try slots.forEach(in: start + index * size) { (place, isRegion) throws(HDF5Error) in
                if try translate(place, isRegion: isRegion) { holds = true }
            }
        }
        // Where all are null they are so in the copy already, and what was never written stays so.
        if holds, write(start) < 0 { throw HDF5Error.refused(operation) }
    }

    /// - Returns: Whether there was a reference; one to what is no more becomes null.
    private func translate(_ place: UnsafeMutableRawPointer, isRegion: Bool) throws(HDF5Error) -> Bool {
        let size = isRegion ? MemoryLayout<hdset_reg_ref_t>.size : MemoryLayout<hobj_ref_t>.size
        let bytes = UnsafeMutableRawBufferPointer(start: place, count: size)
        if bytes.allSatisfy({ $0 == 0 }) { return false }
        if isRegion {
            let region = Region(place, in: source)
            bytes.initializeMemory(as: UInt8.self, repeating: 0)
            if let region { try refer(place, to: region.identity, H5R_DATASET_REGION, region.space.id) }
        } else {
            let identity = ObjectIdentity(address: place.loadUnaligned(as: UInt64.self))
            bytes.initializeMemory(as: UInt8.self, repeating: 0)
            try refer(place, to: identity, H5R_OBJECT, -1)
        }
        return true
    }

    private func refer(
        _ place: UnsafeMutableRawPointer, to identity: ObjectIdentity, _ kind: H5R_type_t, _ space: hid_t
    ) throws(HDF5Error) {
        guard let path = paths[identity] else { return }
        let name = try cString(ObjectPath(names: root.names + path.names).bytes)
        if H5Rcreate(place, copy, name, kind, space) < 0 {
            throw HDF5Error.latest("copying a reference to \(path) of \(title)")
        }
    }

    /// What a region reference leads to.
    private struct Region: ~Copyable {
        let space: Handle
        let identity: ObjectIdentity

        /// Nil where it leads nowhere.
        init?(_ place: UnsafeRawPointer, in file: hid_t) {
            let ids = (
                H5Rget_region(file, H5R_DATASET_REGION, place), H5Rdereference2(file, 0, H5R_DATASET_REGION, place)
            )
            guard let space = try? Handle(ids.0, .dataspace, "following a reference"),
                let object = try? Object(ids.1, at: .root), let facts = try? object.facts()
            else { return nil }
            self.space = space
            identity = ObjectIdentity(facts)
        }
    }
}

/// Whether elements of a type hold references. The corresponding C function is `H5Tdetect_class`.
private func refers(_ type: hid_t, _ operation: String) throws(HDF5Error) -> Bool {
    try check(H5Tdetect_class(type, H5T_REFERENCE), operation) > 0
}

extension Dataset {
    /// Whether there are values in the file itself.
    fileprivate var hasOwnValues: Bool {
        switch layout {
        case .virtual, .externalStorage: false
        case .compact: true
        case .contiguous, .chunked: H5Dget_storage_size(object.handle.id) > 0
        }
    }
}

extension Object {
    /// The names, each with its NUL, of the attributes that hold references.
    func namesOfReferringAttributes() throws(HDF5Error) -> [[CChar]] {
        var names: [[CChar]] = []
        let status = withUnsafeMutablePointer(to: &names) { names in
            H5Aiterate2(handle.id, H5_INDEX_NAME, H5_ITER_INC, nil, collectName, names)
        }
        let operation = "listing the attributes of \(path)"
        try check(status, operation)
        var found: [[CChar]] = []
        for name in names {
            let attribute = try Handle(H5Aopen(handle.id, name, 0), .attribute, operation)
            let type = try Handle(H5Aget_type(attribute.id), .datatype, operation)
            if try refers(type.id, operation) { found.append(name) }
        }
        return found
    }
}

private func collectName(
    _: hid_t, name: UnsafePointer<CChar>?, _: UnsafePointer<H5A_info_t>?, context: UnsafeMutableRawPointer?
) -> herr_t {
    guard let name, let context else { return -1 }
    let text = Array(UnsafeBufferPointer(start: name, count: strlen(name) + 1))
    context.assumingMemoryBound(to: [[CChar]].self).pointee.append(text)
    return 0
}
