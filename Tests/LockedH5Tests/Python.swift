import LockedH5
import TestSupport

extension Scratch {
    /// A file that h5py has made.
    init(h5py code: String) throws {
        path = try Copy.folder() + "/made.h5"
        try TestSupport.h5py(path, withFile("w", code))
    }

    /// What h5py prints of the file.
    func h5py(_ code: String) throws -> String {
        try TestSupport.h5py(path, withFile("r", code))
    }
}

/// The code of the failure of `body`; nil where it does not fail.
func code<R>(_ body: () throws -> R) -> ErrorCode? {
    do {
        _ = try body()
        return nil
    } catch {
        return (error as? ServiceError)?.code
    }
}
