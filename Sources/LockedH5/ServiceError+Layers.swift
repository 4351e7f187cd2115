package import FileLock
package import H5Model
internal import HDF5

extension ServiceError {
    /// The failure as a caller of the service sees it; libhdf5's error stack stays behind.
    init(_ error: HDF5Error) {
        if let refusal = error.refusal {
            self = refusal
            return
        }
        self.init(ErrorCode(error.cause), error.message, elsewhere: error.elsewhere)
    }

    package init(_ error: FileLockError) {
        self.init(ErrorCode(error), error.description)
    }
}

extension ErrorCode {
    fileprivate init(_ cause: HDF5Error.Cause) {
        switch cause {
        case .missing: self = .notFound
        case .exists: self = .exists
        case .wrongKind: self = .wrongKind
        case .invalid: self = .invalid
        case .outOfBounds: self = .outOfBounds
        case .unsupported, .newerFormat: self = .unsupported
        case .tooLarge: self = .tooLarge
        // The process, not the request, met its limit.
        case .outOfMemory: self = .workerFailed
        case .notHDF5: self = .notHDF5
        case .openElsewhere: self = .locked
        case .damaged: self = .damaged
        case .outOfSpace: self = .outOfSpace
        case .inputOutput, .library: self = .internal
        }
    }

    fileprivate init(_ error: FileLockError) {
        switch error {
        case .notFound: self = .notFound
        case .notRegular: self = .wrongKind
        case .permission: self = .forbidden
        case .locked: self = .locked
        case .system: self = .internal
        }
    }
}

/// Runs operations of the HDF5 layer and turns their failures into the service's.
struct Boundary {
    let access: FileAccess

    /// - Throws: The driver's failure, where it has kept one, even if libhdf5 made little of it; else the operation's.
    func run<R: ~Copyable>(_ operation: () throws(HDF5Error) -> R) throws(ServiceError) -> R {
        do throws(HDF5Error) {
            let result = try operation()
            if let failure = access.takeFailure() { throw failure }
            return result
        } catch {
            if error.cause == .outOfMemory { HDF5Library.distrust() }
            throw ServiceError(access.takeFailure() ?? error)
        }
    }
}
