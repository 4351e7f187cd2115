internal import CHDF5
internal import H5Model

extension FileAccess {
    /// Lets paths of the file go on in the files that external links name, which are only read.
    package func followLinks() {
        followsLinks = true
    }
}

/// Another file that links lead to, open for as long as the first one.
final class OpenedOther {
    let handle: Handle

    init(_ handle: consuming Handle) {
        self.handle = handle
    }
}

extension File {
    private static let mostLinks = 16

    /// Opens the object that an external link leads to; its path stays the one that was asked for.
    func object(at path: ObjectPath, behind first: Elsewhere) throws(HDF5Error) -> Object {
        var (link, asker) = (first, access)
        var chain: [(link: Elsewhere, title: String)] = []
        while true {
            let isKnown = chain.contains { $0.link == link && $0.title == asker.title }
            chain.append((link, asker.title))
            let names = chain.map { "\($0.link.link) of \($0.title)" }.joined(separator: ", ")
            if isKnown { throw HDF5Error(.missing, "external links lead in a circle: \(names)") }
            if chain.count > Self.mostLinks {
                throw HDF5Error(.missing, "more than \(Self.mostLinks) external links lead to one another: \(names)")
            }
            let way = "to which the external link \(link.link) of \(asker.title) leads"
            guard let other = try access.other(named: link.file, by: asker) else {
                throw HDF5Error(.missing, "no file \"\(link.fileTitle)\", \(way)")
            }
            let file = try open(other)
            let id = H5Oopen(file, try cString(link.path.bytes), library.linkAccess.id)
            if id >= 0 {
                var object = try Object(id, at: path)
                if other !== access { object.access = other }
                return object
            }
            let failure = HDF5Error.latest("opening \(link.path) of \(other.title)")
            var reason = PathDiagnosis(file: file, links: library.linkAccess.id, wanted: link.path, failure: failure)
                .reason()
            guard let next = reason.elsewhere else {
                reason.message += " (in \(other.title), \(way))"
                throw reason
            }
            (link, asker) = (next, other)
        }
    }

    /// The identifier of a file that was asked for.
    private func open(_ other: FileAccess) throws(HDF5Error) -> hid_t {
        if other === access { return handle.id }
        if let opened = access.opened[ObjectIdentifier(other)] { return opened.handle.id }
        let handle = try library.open(other)
        let id = handle.id
        access.opened[ObjectIdentifier(other)] = OpenedOther(handle)
        return id
    }
}

extension HDF5Library {
    /// Opens a file that was asked for beside another one.
    func open(_ other: FileAccess) throws(HDF5Error) -> Handle {
        try FileDriver.select(driver, for: other, in: fileAccess.id)
        let id = H5Fopen(other.name, chdf5_acc_rdonly(), fileAccess.id)
        if id < 0 {
            isTrustworthy = false
            throw HDF5Error.latest("opening \(other.title)")
        }
        return try Handle(id, .file, "opening \(other.title)")
    }
}
