internal import H5Model

extension HDF5Error {
    /// The error for the libhdf5 call that has just refused to change something, in which some reasons are known by
    /// libhdf5's words.
    static func refused(_ operation: String) -> HDF5Error {
        var error = latest(operation)
        if error.mentions("too large") || error.mentions("too big") || error.mentions("bigger than") {
            error.cause = .tooLarge
            error.message = "\(operation) failed: it is too large for the file's format"
        } else if error.cause == .damaged, let frame = error.frames.first(where: { $0.major == "Data filters" }) {
            error.cause = .invalid
            error.message = "\(operation) failed: \(frame.description)"
        }
        return error
    }

    private func mentions(_ words: String) -> Bool {
        frames.contains { $0.description.contains(words) }
    }

    /// A refusal that was found before libhdf5 was asked.
    init(_ error: ServiceError) {
        let cause: Cause =
            switch error.code {
            case .tooLarge: .tooLarge
            case .unsupported: .unsupported
            case .outOfBounds: .outOfBounds
            case .notFound: .missing
            default: .invalid
            }
        self.init(cause, error.message)
    }
}
