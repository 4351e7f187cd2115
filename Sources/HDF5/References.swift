internal import CHDF5
internal import H5Model

/// Tells what references lead to, as they travel.
final class ReferenceReader {
    /// A reference as it lies in memory.
    private struct Stored: Hashable {
        var low: UInt64
        var high: UInt32
    }

    private let location: hid_t
    private let links: hid_t
    private var paths: ObjectPaths?
    private var texts: [Stored: [UInt8]] = [:]

    /// - Parameter location: Any object of the file.
    /// - Returns: Nil where values of `type` hold no references.
    init?(_ location: hid_t, for type: Datatype) throws(HDF5Error) {
        guard type.hasReferences else { return nil }
        self.location = location
        links = try HDF5Library.start().linkAccess.id
    }

    /// The reference that lies at `place`, as `Reference.wire` has it.
    func text(of kind: Datatype.ReferenceKind, _ place: UnsafeRawPointer) throws(HDF5Error) -> [UInt8] {
        let low = place.loadUnaligned(as: UInt64.self)
        let high = kind == .region ? place.loadUnaligned(fromByteOffset: 8, as: UInt32.self) : 0
        let stored = Stored(low: low, high: high)
        if let text = texts[stored] { return text }
        let reference =
            switch (low, high) {
            case (0, 0): Reference.null
            default: kind == .object ? Reference(try target(low)) : try region(place)
            }
        texts[stored] = reference.wire
        return reference.wire
    }

    private func target(_ address: UInt64) throws(HDF5Error) -> Reference.Target {
        let paths = if let paths { paths } else { try ObjectPaths(location, links) }
        self.paths = paths
        return try paths.path(of: address).map { .object($0) } ?? .unnamed(address: address)
    }

    /// The corresponding C functions are `H5Rdereference2` and `H5Rget_region`.
    private func region(_ place: UnsafeRawPointer) throws(HDF5Error) -> Reference {
        let id = H5Rdereference2(location, 0, H5R_DATASET_REGION, place)
        // The dataset is there no more.
        guard id >= 0 else { return Reference(.unnamed(address: 0), region: "") }
        let dataset = try Object(id, at: .root)
        let target = try target(try dataset.facts().token.0)
        let space = try Handle(
            H5Rget_region(location, H5R_DATASET_REGION, place), .dataspace, "reading a region reference")
        return Reference(target, region: try selectExpressions(space.id))
    }
}

/// Makes references from what travels.
final class ReferenceWriter {
    private let location: hid_t
    private let links: hid_t

    /// - Parameter location: Any object of the file.
    /// - Returns: Nil where values of `type` hold no references.
    init?(_ location: hid_t, for type: Datatype) throws(HDF5Error) {
        guard type.hasReferences else { return nil }
        self.location = location
        links = try HDF5Library.start().linkAccess.id
    }

    /// Makes the reference that `text` describes. The corresponding C function is `H5Rcreate`.
    /// - Parameter place: Zeros, which are a null reference.
    func make(
        _ kind: Datatype.ReferenceKind, _ text: [UInt8], at place: UnsafeMutableRawPointer
    ) throws(HDF5Error) {
        guard let reference = Reference(wire: text) else {
            throw HDF5Error(.invalid, "\"\(HDF5Name(bytes: text))\" is no reference: it needs an absolute path")
        }
        let path: ObjectPath
        switch reference.target {
        case .null: return
        case .object(let target): path = target
        case .unnamed:
            throw HDF5Error(.invalid, "a reference to an object without a path cannot be written")
        }
        let id = H5Oopen(location, try cString(path.bytes), links)
        guard id >= 0 else { throw HDF5Error(.missing, "no object at \(path), to which a reference is to lead") }
        let object = try Object(id, at: path)
        switch (kind, reference.region) {
        case (.object, nil):
            try check(H5Rcreate(place, object.handle.id, ".", H5R_OBJECT, -1), "making a reference to \(path)")
        case (.region, let region?):
            let space = try object.region(region)
            let status = H5Rcreate(place, object.handle.id, ".", H5R_DATASET_REGION, space.id)
            if status < 0 { throw HDF5Error.refused("making a reference to a region of \(path)") }
        case (.object, _): throw HDF5Error(.invalid, "a reference to the object \(path) selects nothing of it")
        case (.region, nil): throw HDF5Error(.invalid, "a reference to a region of \(path) needs its selection")
        }
    }
}

extension Datatype {
    /// Whether any part of a value is a reference.
    var hasReferences: Bool {
        switch self {
        case .reference: true
        case .compound(let type): type.fields.contains { $0.type.hasReferences }
        case .array(let element, _), .variableLength(let element): element.hasReferences
        default: false
        }
    }
}
