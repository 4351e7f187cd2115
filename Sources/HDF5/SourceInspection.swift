internal import CHDF5
internal import H5Model

extension Dataset {
    /// Looks at the sources of a virtual dataset, once for a file that is open.
    /// - Throws: What keeps one of them from being read.
    package func inspectSources() throws(HDF5Error) {
        guard case .virtual = layout else { return }
        try HDF5.inspectSources(of: object.handle.id, creation.id, path, access, library)
    }
}

/// The shape of a virtual dataset that grows with its sources is asked of them.
func inspectGrowth(
    of dataset: hid_t, _ creation: hid_t, _ path: ObjectPath, _ access: FileAccess, _ library: HDF5Library
) throws(HDF5Error) {
    guard H5Pget_layout(creation) == H5D_VIRTUAL else { return }
    var count = 0
    try check(H5Pget_virtual_count(creation, &count), "reading the sources of \(path)")
    guard try virtualSources(of: creation, count: count, path).contains(where: \.isGrowing) else { return }
    try inspectSources(of: dataset, creation, path, access, library)
}

private func inspectSources(
    of dataset: hid_t, _ creation: hid_t, _ path: ObjectPath, _ access: FileAccess, _ library: HDF5Library
) throws(HDF5Error) {
    if access.inspected.contains(path) { return }
    let file = try Handle(H5Iget_file_id(dataset), .file, "reading the sources of \(path)")
    var inspection = SourceInspection(library: library, main: access.origin ?? access)
    try inspection.inspect(path, creation, in: file.id, access)
    access.inspected.insert(path)
}

/// Looks at all sources of a virtual dataset before libhdf5 does, which takes whatever it cannot open for one that is
/// not there, and so for fill values.
///
/// Afterwards every file that takes part has been asked for, is locked, and can be read; what is not there, file or
/// dataset, is fill values as everywhere.
struct SourceInspection {
    private let library: HDF5Library
    private let main: FileAccess
    private var isDone: Set<Place> = []
    /// The virtual datasets that are being looked at.
    private var isOpen: [Place] = []
    private static let mostNested = 16
    private static let mostBlocks = 1 << 20

    private struct Place: Hashable {
        let device: UInt64
        let inode: UInt64
        let path: [UInt8]
    }

    init(library: HDF5Library, main: FileAccess) {
        self.library = library
        self.main = main
    }

    /// - Parameters:
    ///   - file: The file of `access`, which holds the dataset, open.
    ///   - creation: The dataset's property list.
    /// - Throws: What keeps a source from being read.
    mutating func inspect(
        _ path: ObjectPath, _ creation: hid_t, in file: hid_t, _ access: FileAccess
    ) throws(HDF5Error) {
        let place = Place(device: access.device, inode: access.inode, path: path.bytes)
        if isOpen.contains(place) {
            throw HDF5Error(.unsupported, "\(path) of \(access.title) is a virtual dataset that is a source of itself")
        }
        if isOpen.count >= Self.mostNested {
            throw HDF5Error(.unsupported, "more than \(Self.mostNested) virtual datasets are sources of one another")
        }
        isOpen.append(place)
        var count = 0
        try check(H5Pget_virtual_count(creation, &count), "reading the sources of \(path)")
        for source in try virtualSources(of: creation, count: count, path) {
            try inspect(source, in: file, access)
        }
        isOpen.removeLast()
    }

    private mutating func inspect(
        _ source: VirtualSource, in file: hid_t, _ access: FileAccess
    ) throws(HDF5Error) {
        let hasBlocks = source.isGrowing && !source.source.isUnlimited
        guard hasBlocks else {
            _ = try inspect(named(source.file, 0), named(source.path, 0), in: file, access)
            return
        }
        for block in 0..<Self.mostBlocks {
            if try !inspect(named(source.file, block), named(source.path, block), in: file, access) { return }
        }
        throw HDF5Error(.tooLarge, "a virtual dataset of \(access.title) has more than \(Self.mostBlocks) blocks")
    }

    /// The name with the number of a block in place of `%b`, and a percent sign of each two.
    private func named(_ pattern: [UInt8], _ block: Int) -> [UInt8] {
        let percent = UInt8(ascii: "%")
        guard pattern.contains(percent) else { return pattern }
        var name: [UInt8] = []
        var rest = pattern[...]
        while let byte = rest.popFirst() {
            if byte == percent, rest.first == UInt8(ascii: "b") {
                rest.removeFirst()
                name += Array("\(block)".utf8)
            } else if byte == percent, rest.first == percent {
                name.append(rest.removeFirst())
            } else {
                name.append(byte)
            }
        }
        return name
    }

    /// - Returns: Whether the source is there.
    private mutating func inspect(
        _ name: [UInt8], _ path: [UInt8], in file: hid_t, _ access: FileAccess
    ) throws(HDF5Error) -> Bool {
        if name == [UInt8(ascii: ".")] { return try inspect(path, in: file, access) }
        guard let other = try main.other(named: name, by: access) else { return false }
        if other === access { return try inspect(path, in: file, access) }
        let opened = try library.open(other)
        let isThere = try inspect(path, in: opened.id, other)
        try opened.close("closing \(other.title)")
        return isThere
    }

    private mutating func inspect(_ path: [UInt8], in file: hid_t, _ access: FileAccess) throws(HDF5Error) -> Bool {
        let wanted = ObjectPath(bytes: path)
        let place = Place(device: access.device, inode: access.inode, path: wanted.bytes)
        if isDone.contains(place) { return true }
        let id = H5Oopen(file, try cString(wanted.bytes), library.linkAccess.id)
        if id < 0 {
            let failure = HDF5Error.latest("opening \(wanted) of \(access.title)")
            let reason = PathDiagnosis(file: file, links: library.linkAccess.id, wanted: wanted, failure: failure)
                .reason()
            if reason.cause == .missing { return false }
            throw reason.staying("a source of a virtual dataset is not looked for behind one")
        }
        let object = try Object(id, at: wanted)
        guard object.kind == .dataset else {
            throw HDF5Error(.wrongKind, "\(wanted) of \(access.title), a source of a virtual dataset, is no dataset")
        }
        let creation = try Handle(
            H5Dget_create_plist(object.handle.id), .propertyList, "reading the layout of \(wanted)")
        switch H5Pget_layout(creation.id) {
        case H5D_VIRTUAL: try inspect(wanted, creation.id, in: file, access)
        case H5D_CONTIGUOUS where H5Pget_external_count(creation.id) != 0:
            throw HDF5Error(
                .unsupported, "\(wanted) of \(access.title) keeps its values in external storage, which is not read")
        default: break
        }
        isDone.insert(place)
        return true
    }
}
