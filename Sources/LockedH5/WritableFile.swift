internal import H5Model
internal import HDF5
internal import RedoLog

/// A file inside a writing scope: everything is in the file when the scope ends without an error, else nothing.
public struct WritableFile: ~Copyable {
    /// The file with what the scope has changed so far.
    public let contents: ReadableFile

    init(
        descriptor: Int32, name: String, transaction: Transaction, creating: FileCreation?
    ) throws(ServiceError) {
        contents = try ReadableFile { () throws(HDF5Error) in
            try File(descriptor: descriptor, name: name, transaction: transaction, creation: creating)
        }
    }

    /// Closes the file, which writes everything to the transaction.
    consuming func close() throws(ServiceError) {
        try contents.close(mayStayOpen: false)
    }
}
