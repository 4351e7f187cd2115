public import H5Model
internal import HDF5
internal import RedoLog

/// A file inside a writing scope: everything is in the file when the scope ends without an error, else nothing.
public struct WritableFile: ~Copyable, ~Escapable, FileReading, GroupWriting {
    /// The file with what the scope has changed so far.
    public let contents: ReadableFile
    private let transaction: Transaction

    public var scope: FileScope { contents.scope }
    /// The root group's.
    public var path: ObjectPath? { .root }
    /// The root group, opened anew.
    public var handle: ObjectHandle {
        get throws(ServiceError) { try contents.handle }
    }

    @_lifetime(immortal)
    init(
        descriptor: Int32, name: String, transaction: Transaction, creating: FileCreation?, others: OtherFiles?
    ) throws(ServiceError) {
        self.transaction = transaction
        contents = try ReadableFile(isWriting: true) { () throws(HDF5Error) in
            try File(
                descriptor: descriptor, name: name, transaction: transaction, creation: creating, others: others)
        }
    }

    /// Makes the scope's transaction one without an effect: there is nothing to change, and nothing will be, not even what libhdf5 rewrites of
    /// every file that it opens for writing.
    public func leaveUnchanged() {
        transaction.discard()
    }

    /// Closes the file, which writes everything to the transaction.
    consuming func close() throws(ServiceError) {
        try contents.close(mayStayOpen: false)
    }
}
