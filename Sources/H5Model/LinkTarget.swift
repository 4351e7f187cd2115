/// What a new link leads to.
public enum LinkTarget: Equatable, Sendable {
    /// The object that the path leads to, which must be there.
    case hard(ObjectPath)
    /// A path, absolute or from the link's own group on, that need not lead anywhere.
    case soft([UInt8])
    /// A file's name and a path inside that file, as data: nothing is looked up.
    case external(file: [UInt8], target: [UInt8])
}

extension LinkTarget {
    /// Throws where no link can hold the target.
    /// - Throws: `invalid`.
    public func check() throws(ServiceError) {
        switch self {
        case .hard:
            break
        case .soft(let target):
            try Self.check(target, "a soft link's target")
        case .external(let file, let target):
            try Self.check(file, "the name of an external link's file")
            try Self.check(target, "an external link's target")
        }
    }

    private static func check(_ bytes: [UInt8], _ what: String) throws(ServiceError) {
        if bytes.isEmpty { throw ServiceError(.invalid, "\(what) is empty") }
        if bytes.contains(0) { throw ServiceError(.invalid, "\(what) holds a NUL") }
        if bytes.count > HDF5Name.longest {
            throw ServiceError(.tooLarge, "\(what) has \(bytes.count) bytes; at most \(HDF5Name.longest) are allowed")
        }
    }
}
