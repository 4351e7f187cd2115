internal import CHDF5
internal import H5Model
package import RedoLog

extension File {
    /// The name in the copy of the group that will be its root. It is copied as one object, so that hard links between
    /// what is in it stay such.
    private static let root = ObjectPath("root")

    /// Copies everything to an empty file, and nothing to which no path leads.
    /// - Parameter descriptor: The empty file, which `transaction` writes.
    /// - Returns: The address of the group that is to be the copy's root, by `Transaction.setRoot`.
    package func copyAll(to descriptor: Int32, _ transaction: Transaction) throws(HDF5Error) -> UInt64 {
        let copy = try File(descriptor: descriptor, like: self, transaction: transaction)
        try copyUserBlock(to: transaction)
        let references = try ReferenceTranslator(self, to: copy, below: Self.root)
        let operation = "copying \(access.title)"
        let root = try object(at: .root)
        let inspection = try CopyInspection(root, CopyOptions(), library.linkAccess.id)
        let options = try CopyOptions().list(operation, inspection)
        let links = try linkCreation("root")
        let (from, to) = (try cString(ObjectPath.root.bytes), try cString(Array("root".utf8)))
        if H5Ocopy(handle.id, from, copy.handle.id, to, options.id, links.id) < 0 {
            throw copy.access.takeFailure() ?? access.takeFailure() ?? HDF5Error.refused(operation)
        }
        if inspection.hasDenseText {
            var attributes = AttributeCopy(isInSameFile: false, isShallow: false, library.linkAccess.id)
            try attributes.copy(root, to: try copy.object(at: Self.root))
        }
        try rewrite(references, in: copy)
        let address = try copy.object(at: Self.root).facts().token.0
        if let failure = copy.access.takeFailure() { throw failure }
        try copy.close()
        return address
    }

    /// libhdf5 copies references as they are, or makes them null.
    private func rewrite(_ references: borrowing ReferenceTranslator, in copy: borrowing File) throws(HDF5Error) {
        for path in references.holders {
            let old = try object(at: path)
            let place = ObjectPath(names: Self.root.names + path.names)
            let new = try copy.object(at: place)
            for name in try old.namesOfReferringAttributes() { try references.rewriteAttribute(name, of: old, in: new) }
            if old.kind == .dataset { try references.rewrite(try dataset(at: path), in: try copy.dataset(at: place)) }
        }
    }

    private func copyUserBlock(to transaction: Transaction) throws(HDF5Error) {
        var place: UInt64 = 0
        while place < superblock.offset {
            var bytes = [UInt8](repeating: 0, count: Int(min(superblock.offset - place, 1 << 20)))
            let isRead = bytes.withUnsafeMutableBytes { access.read(into: $0, at: place) }
            if !isRead, let failure = access.takeFailure() { throw failure }
            do throws(RedoLogError) {
                try transaction.write(bytes, at: place)
            } catch {
                throw HDF5Error(error, "the copy of \(access.title) cannot be written")
            }
            place += UInt64(bytes.count)
        }
    }
}

extension HDF5Library {
    /// Makes a file with the format and the properties of `source`. Its root group, which nothing will keep, is small.
    func create(
        _ descriptor: Int32, _ transaction: Transaction, like source: borrowing File
    ) throws(HDF5Error) -> OpenedFile {
        let operation = "making the copy of \(source.access.title)"
        let low: FormatVersion =
            switch source.superblock.version {
            case 0, 1: .earliest
            case 2: .v18
            default: .v110
            }
        let access = try FileAccess(descriptor: descriptor, name: source.access.title, transaction: transaction)
        let list = try writingAccess((low, .v110))
        let properties = try Handle(H5Fget_create_plist(source.handle.id), .propertyList, operation)
        try check(H5Pset_link_creation_order(properties.id, chdf5_creation_order_indexed()), operation)
        try FileDriver.select(driver, for: access, in: list.id)
        let id = H5Fcreate(access.name, chdf5_acc_trunc(), properties.id, list.id)
        try checkOpened(id, access, operation)
        return OpenedFile(
            id: id, access: access, superblock: Superblock(offset: source.superblock.offset), wasSettled: false)
    }
}
