import ArgumentParser
import FileLock
import Glibc
import LockedH5Client

/// `lockedh5 lock`: runs a command while a file's lock is held.
struct LockCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lock", abstract: "Run a command while the lock of an HDF5 file is held.",
        usage: "lockedh5 lock [OPTION ...] URL_OR_PATH -- COMMAND [ARGUMENT ...]",
        discussion: """
            Like flock(1), for a file here or one that a server serves.

            PATH: the flock of the file itself is taken, the one that HDF5 programs and the server take too. An HDF5 \
            library in COMMAND would ask for it as well and be refused, so that with an exclusive lock COMMAND's \
            environment has HDF5_USE_FILE_LOCKING=FALSE; h5py.File(..., locking=True) overrides that, and fails. \
            LOCKEDH5_FILE is the path. The commands of lockedh5 itself use the lock (by LOCKEDH5_DESCRIPTOR); repack and what \
            else replaces the file end it, since the new file is another one.

            URL: a lease is taken from the server, renewed while COMMAND runs, and released when it has ended. The URL is \
            http://HOST:PORT/v1/files/FILE, the same with locks or raw instead of files, or http://HOST:PORT/FILE; a \
            server that is mounted below a path needs one of the first. COMMAND gets LOCKEDH5_URL (the server's address), \
            LOCKEDH5_FILE (the file's path there) and LOCKEDH5_TOKEN: requests with the header "Lock-Token: \
            $LOCKEDH5_TOKEN" run under the lease. A lease is for requests about its own file: cp out of it into another file needs \
            a shared one (--shared).

            SIGINT, SIGTERM, SIGHUP and SIGQUIT are passed on to COMMAND, which has a process group of its own, and the \
            lock is released when it has ended. When the lease is lost while it runs, its process group gets SIGTERM.

            Exit status: that of COMMAND; 128+N when signal N has ended it; 126 when it cannot be started and 127 when \
            it is not there; 1 (or what -E says) when somebody else had the lock all the time; 125 when the lease was \
            lost, or it is not known whether it lasted to COMMAND's end; 1 for other errors before COMMAND is started; \
            2 for wrong usage.
            """)

    /// The lease was lost, or may have been.
    static let lostStatus: Int32 = 125

    @Argument(help: ArgumentHelp("The file.", valueName: "url-or-path"), completion: .file())
    var subject: String

    @Argument(parsing: .postTerminator, help: "The command and its arguments, after --.")
    var command: [String] = []

    @Flag(help: "A shared lock, for reading, instead of an exclusive one.")
    var shared = false

    @Option(help: "Seconds to wait for the lock; 0 tries once.")
    var wait = 10.0

    @Option(help: "Seconds after which a lease ends that is not renewed, 1 or more. (default: 60)")
    var ttl: Double?

    @Flag(
        help: """
            Lock also a file that is not there. On a server its name is reserved; here an empty file is made, and removed \
            if it is still empty at the end.
            """)
    var create = false

    @Option(name: [.customShort("E"), .long], help: "Exit status when somebody else had the lock all the time.")
    var conflictExitCode: Int32 = 1

    func validate() throws {
        if command.isEmpty { throw ValidationError("say which command is to run, after --") }
        if create && shared { throw ValidationError("--create is for a file that will be written, without --shared") }
        guard (0...86_400).contains(wait) else { throw ValidationError("--wait is a number from 0 to 86400") }
        guard (0...255).contains(conflictExitCode) else {
            throw ValidationError("--conflict-exit-code is a number from 0 to 255")
        }
        if let ttl {
            guard (1...86_400).contains(ttl) else { throw ValidationError("--ttl is a number from 1 to 86400") }
            if case .path = try parsedSubject() { throw ValidationError("--ttl is for the lease of a server") }
        }
        _ = try parsedSubject()
    }

    func run() throws {
        let status: Int32
        switch try parsedSubject() {
        case .path(let path): status = try runLocally(path)
        case .served(let served): status = try LeaseSession(self, served).run()
        }
        if status != 0 { throw ExitCode(status) }
    }

    private func parsedSubject() throws -> LockSubject {
        do {
            return try LockSubject(subject)
        } catch {
            throw ValidationError("\(error)")
        }
    }

    /// Ends with a sentence.
    static func failure(_ sentence: String, _ status: Int32 = 1) -> ExitCode {
        writeLine("lockedh5: \(sentence)", to: 2)
        return ExitCode(status)
    }
}

// A file here.
extension LockCommand {
    private func runLocally(_ path: String) throws -> Int32 {
        let isNew = try create && makeEmpty(path)
        let locked = try lock(path)
        let process = CommandProcess(bell: Doorbell())
        var variables = ["LOCKEDH5_FILE": path, InheritedLock.variable: "\(locked.descriptor)"]
        if !shared { variables["HDF5_USE_FILE_LOCKING"] = "FALSE" }
        let status: Int32
        do throws(CommandProcess.NotStarted) {
            // The command keeps the descriptor and with it the lock, also when this process is killed.
            try process.start(command, variables: variables, inherited: locked.descriptor)
            status = process.waitForEnd()
        } catch {
            writeLine("lockedh5: \(error)", to: 2)
            status = error.status
        }
        if isNew { removeIfEmpty(path, locked.descriptor) }
        return status
    }

    private func lock(_ path: String) throws -> LockedDescriptor {
        do {
            return try FileLock.open(
                path, mode: shared ? .shared : .exclusive, attempts: wait > 0 ? 2 : 1, wait: .seconds(wait))
        } catch {
            if case .locked = error { throw Self.failure("\(error)", conflictExitCode) }
            throw Self.failure("\(error)")
        }
    }

    /// - Returns: Whether the file was not there.
    private func makeEmpty(_ path: String) throws -> Bool {
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        if descriptor >= 0 {
            close(descriptor)
            return true
        }
        if errno == EEXIST { return false }
        throw Self.failure("\(path) cannot be made: \(String(cString: strerror(errno)))")
    }

    private func removeIfEmpty(_ path: String, _ descriptor: Int32) {
        var status = stat()
        let isSame = try? FileLock.isSameFile(descriptor, as: path)
        if fstat(descriptor, &status) == 0, status.st_size == 0, isSame == true { unlink(path) }
    }
}

extension CommandProcess {
    /// Passes signals on until the command has ended; its status.
    fileprivate func waitForEnd() -> Int32 {
        while true {
            switch next() {
            case .ended(let status): return status
            case .signal(let signal): send(signal)
            case .ring: break
            }
        }
    }
}
