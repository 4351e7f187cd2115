import H5Model

/// What is to be copied or moved, and where to.
struct Target {
    var source: Subject
    /// The place of the new file or directory; nil for an object.
    var entry: [UInt8]?
    var found: Found

    /// - Throws: `invalid` where both are not here, or not at one server.
    init(_ source: String, _ target: String, _ backends: Backends) throws(CommandError) {
        let subject = try backends.naming(source) { () throws(CommandError) in try backends.subject(source) }
        self.source = subject
        let address = try backends.address(target)
        guard try backends.backend(for: address) === subject.backend else {
            throw CommandError(
                .invalid, "\(source) and \(target) are not at one place: lockedh5 get and put carry files between them")
        }
        let isObject = subject.found.kind == .object
        found = Found(kind: .object, file: [], object: .root)
        let there = try backends.naming(target) { () throws(CommandError) in try subject.backend.findIfThere(address) }
        switch there {
        case let there? where isObject && there.kind != .directory:
            found = there
            if there.kind == .file || address.endsWithSlash { try found.goInside(subject.found) }
        case _? where isObject:
            throw CommandError(.wrongKind, "\(target) is a directory, where an object cannot be")
        case nil where isObject:
            throw CommandError(.notFound, "\(target): there is no such file: lockedh5 mkdir --file makes one")
        case let there? where there.kind == .directory:
            entry = Self.entry(there.file, subject.found.file)
        case let there? where there.kind == .object:
            throw CommandError(.wrongKind, "\(target): \(there.fileText) is a file, in which a file cannot be")
        default: entry = address.entry
        }
    }

    /// The same name in a directory.
    private static func entry(_ directory: [UInt8], _ source: [UInt8]) -> [UInt8] {
        let slash = UInt8(ascii: "/")
        let name = source.split(separator: slash).last.map { Array($0) } ?? []
        return directory + (directory.isEmpty || directory.last == slash ? [] : [slash]) + name
    }
}

extension Found {
    /// The place of the same name in this group.
    fileprivate mutating func goInside(_ source: Found) throws(CommandError) {
        guard let name = source.object.lastName else {
            throw CommandError(.invalid, "the root group has no name: say the new one")
        }
        kind = .object
        object = object.appending(name)
    }
}
