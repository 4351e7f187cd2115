import ArgumentParser
import FileLock
import Glibc
import H5Model
import HTTPMessage
import HTTPTypes
import LockedH5
import RedoLog

/// `lockedh5 repair`: tells what a crash has left in files, and puts it in order.
struct RepairCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair", abstract: "Put in order what a crash has left in HDF5 files.",
        discussion: """
            Each file is locked exclusively, looked at and, where nothing need be guessed, repaired: a change of lockedh5 \
            that was committed is put in its place, one that was not is taken away. The server and the library do the \
            same when they next open the file; this is for files that other programs are to open before that.

            Status flags in the file (superblock version 3) say that a program has it open for writing; after a crash of \
            that program they stay, and HDF5 refuses the file. --clear-flags takes them away. Use it when no program has \
            the file open, on any machine: writers may set them without a lock. It does not look at the content, which \
            that program may have left damaged; h5dump or a restored copy tell.

            Of a URL the server is asked to read the file, which has it put in order what it finds; status flags are cleared \
            where the file is.

            Exit status: 0 when every file is in order or was repaired; 1 when something is left, a file could not be \
            locked, or, with --dry-run, there is something to repair; 2 for wrong usage.
            """)

    @Argument(help: "The files, as paths or URLs.", completion: .file())
    var files: [String]

    @Flag(help: "Only tell, under a shared lock.")
    var dryRun = false

    @Flag(help: "Also clear status flags. Make sure that no program has the files open.")
    var clearFlags = false

    @Option(help: "Seconds to wait for each file's lock.")
    var wait = 10

    @Flag(help: "Write a line of JSON for each file.")
    var json = false

    func validate() throws {
        if files.isEmpty { throw ValidationError("say which files") }
        if dryRun, clearFlags {
            throw ValidationError("--dry-run changes nothing, so it does not go with --clear-flags")
        }
        guard (0...86_400).contains(wait) else { throw ValidationError("--wait is a number from 0 to 86400") }
    }

    func run() throws {
        var isInOrder = true
        for file in files {
            let report = RepairReport(file: file, outcome: outcome(of: file))
            writeLine(json ? report.json : report.text, to: 1)
            isInOrder = isInOrder && report.isInOrder
        }
        if !isInOrder { throw ExitCode(1) }
    }

    private func outcome(of file: String) -> Result<Repair, ServiceError> {
        Result { () throws(ServiceError) in
            if case .served? = (try? Address(file))?.place {
                try readAtServer(file)
                return Repair(found: [], left: [])
            }
            return try LocalLocks(wait: Double(wait)).hold(file, dryRun ? .shared : .exclusive) {
                descriptor throws(ServiceError) in
                if !dryRun { return try LockedFile.repair(file, lockedAs: descriptor, clearsFlags: clearFlags) }
                let found = try LockedFile.examine(file, lockedAs: descriptor)
                return Repair(found: found, left: found)
            }
        }
    }
}

extension RepairCommand {
    /// A server recovers a file before it reads it.
    private func readAtServer(_ file: String) throws(ServiceError) {
        do throws(CommandError) {
            if clearFlags { throw CommandError(.unsupported, "--clear-flags is for files here") }
            let subject = try Backends(wait: Double(wait)).subject(file)
            _ = try subject.backend.document(Call(.get, "files", subject.found.file, nil))
        } catch {
            throw ServiceError(error.code ?? .unavailable, error.message)
        }
    }
}

/// What is told about one file.
private struct RepairReport {
    var file: String
    var outcome: Result<Repair, ServiceError>

    var isInOrder: Bool {
        if case .success(let repair) = outcome { repair.left.isEmpty } else { false }
    }

    /// A line for what was found, and how it went on.
    var text: String {
        switch outcome {
        case .failure(let error): return "\(file): \(error.message)"
        case .success(let repair) where repair.found.isEmpty: return "\(file): in order"
        case .success(let repair):
            return repair.found.map { "\(file): \($0): \(repair.isDone($0) ? $0.deed : $0.rest)" }
                .joined(separator: "\n")
        }
    }

    var json: String {
        var writer = JSONWriter()
        writer.object { writer in
            writer.key("file")
            writer.string(file)
            switch outcome {
            case .failure(let error): write(error, &writer)
            case .success(let repair): write(repair, &writer)
            }
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private func write(_ error: ServiceError, _ writer: inout JSONWriter) {
        writer.key("error")
        writer.object { writer in
            writer.key("code")
            writer.string(error.code.rawValue)
            writer.key("message")
            writer.string(error.message)
        }
    }

    private func write(_ repair: Repair, _ writer: inout JSONWriter) {
        writer.key("found")
        writer.array { writer in
            for condition in repair.found {
                writer.object { writer in
                    writer.key("code")
                    writer.string(condition.code)
                    writer.key("message")
                    writer.string("\(condition)")
                    writer.key("repaired")
                    writer.bool(repair.isDone(condition))
                }
            }
        }
    }
}

extension Condition {
    /// What was done about it.
    fileprivate var deed: String {
        switch self {
        case .committedLog: "put there"
        case .veil: "taken away"
        case .uncommittedLog: "cut off"
        case .statusFlags: "cleared; whether its writer was done is not known"
        default: "gone"
        }
    }

    /// What a person can do about it.
    fileprivate var rest: String {
        switch remedy {
        case .recovery: "not repaired"
        case .clearingFlags: "--clear-flags clears them, when no program has the file open"
        case .none: "left as it is"
        }
    }
}

/// Writes to standard output or standard error at once.
func writeLine(_ text: String, to descriptor: Int32) {
    let line = Array((text + "\n").utf8)
    var written = 0
    while written < line.count {
        let count = line[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count > 0 { written += count } else if errno != EINTR { return }
    }
}
