import H5Model

/// Why a command could not do what it was asked for: a sentence for a person, and the code that its exit status is of.
struct CommandError: Error {
    /// Nil where there was no answer, or one that is not understood.
    var code: ErrorCode?
    var message: String
    /// An answer that had begun was not whole.
    var isBrokenOff = false

    init(_ code: ErrorCode?, _ message: String) {
        self.code = code
        self.message = message
    }

    init(_ error: ServiceError) {
        self.init(error.code, error.message)
    }

    /// The same with what it is about in front.
    func about(_ subject: String) -> CommandError {
        if message.hasPrefix(subject) { return self }
        var error = self
        error.message = "\(subject): \(message)"
        return error
    }
}

/// The exit statuses of the commands that look at files and change them.
enum ExitStatus {
    /// `diff`: the files differ.
    static let differs: Int32 = 1
    static let usage: Int32 = 2
    /// Standard output is closed: what a shell tells of a program that SIGPIPE has ended.
    static let closedOutput: Int32 = 141

    /// What `--help` says of them.
    static let help = """
        Exit status: 0 when it is done; 2 for wrong usage, or a value or selection that makes no sense; 3 when somebody else \
        had the lock all the time; 4 when there is nothing of that name; 5 when it is there already, is of another kind, or \
        was changed meanwhile; 6 when it is not permitted; 7 when the file is not HDF5, damaged, or has something that is \
        not supported; 8 when there is no room for it; 9 for anything else, such as no answer from a server.
        """
}

extension CommandError {
    /// What the program ends with.
    var exitStatus: Int32 {
        switch code {
        case .invalid, .outOfBounds, .notAcceptable, .unsupportedMedia: ExitStatus.usage
        case .locked: 3
        case .notFound: 4
        case .exists, .wrongKind, .preconditionFailed, .leaseLost: 5
        case .forbidden, .unauthenticated: 6
        case .notHDF5, .damaged, .unsupported: 7
        case .outOfSpace, .tooLarge: 8
        case .timeout, .workerFailed, .unavailable, .internal, nil: 9
        }
    }
}
