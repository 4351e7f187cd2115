internal import FileLock
internal import H5Model
internal import HDF5
internal import RedoLog

extension LockedFile {
    /// Whether a commit to the file was interrupted. Why that cannot be told is told when the file is opened.
    static func isInterrupted(_ descriptor: Int32) -> Bool {
        (try? RedoLog.inspect(descriptor: descriptor)) == .veiled
    }

    /// Finishes or undoes an interrupted commit under the exclusive lock. A file that may only be read stays as it is
    /// and is read as recovery would leave it.
    static func recover(_ path: String, _ attempts: Int, _ wait: Duration) throws(ServiceError) {
        let locked: LockedDescriptor
        do {
            locked = try FileLock.open(path, mode: .exclusive, attempts: attempts, wait: wait)
        } catch {
            if case .permission = error { return }
            throw ServiceError(error)
        }
        do {
            try RedoLog.recover(descriptor: locked.descriptor)
        } catch {
            throw ServiceError(HDF5Error(error, "\(lastComponent(path)) cannot be recovered"))
        }
    }

    /// What a person calls the file.
    static func lastComponent(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}
