import ArgumentParser
import Gate
import Glibc
import Logging
import RedoLog

/// `lockedh5 serve`: serves a directory until SIGTERM or SIGINT.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve the HDF5 files of a directory.",
        discussion: """
            When ready, it writes "listening on http://HOST:PORT" to standard output. SIGTERM and SIGINT let running \
            requests end; a second one does not wait for them.
            """)

    @Argument(help: "The directory to serve.", completion: .directory)
    var directory: String

    @Option(help: "Address and port to listen on; port 0 is a free one.")
    var listen = "127.0.0.1:8080"

    @Option(help: "Worker processes; each reads for one request at a time. (default: one a processor)")
    var workers: Int?

    @Flag(help: "Refuse every write.")
    var readOnly = false

    @Option(help: "What an answered write has withstood: power (a power cut) or process (only the end of a process).")
    var durability = Durability.power

    @Option(help: "Permissions of new files, in octal digits; directories may also be searched by their readers.")
    var fileMode = "0664"

    @Option(help: "Group of new files and directories. (default: the system's choice)")
    var group: String?

    @Option(help: "MiB of a request's body in JSON.")
    var jsonSize = 64

    @Option(help: "MiB of any request's body; a part of an upload is one.")
    var uploadSize = 1 << 20

    @Option(help: "Directory for spools, of this server alone. (default: one under the user's state directory)")
    var state: String?

    @Option(help: "Directory of HDF5 filter plug-ins. (default: the distribution's)")
    var filters: String?

    @Option(help: "Seconds to wait for a lock where the client says nothing.")
    var lockWait = 10

    @Option(help: "The most seconds that a client may ask to wait (Prefer: wait=).")
    var maxWait = 60

    @Option(help: "The most seconds to live that a client may ask for a lease.")
    var maxTtl = 3600

    @Option(help: "Leases that clients of one address may have.")
    var leasesPerClient = 256

    @Option(help: "Seconds that an answer in transit may hold its lock.")
    var lockHold = 2.0

    @Option(help: "Seconds that a worker has for one piece of an answer before it is killed.")
    var requestTimeout = 30.0

    @Option(help: "MiB of address space of a worker.")
    var workerMemory = 1024

    @Option(help: "Bytes of an answer that are made at once; up to this size it is complete before it is sent.")
    var slabSize = 8 << 20

    @Option(help: "MiB of an answer that is completed before it is sent (tree).")
    var spoolSize = 4096

    @Option(help: "Bytes of answers in memory, all together; beyond it new requests are refused with 503.")
    var answerMemory = 1 << 30

    @Option(help: "Connections in all.")
    var connections = 16_384

    @Option(
        help: """
            Seconds between two looks for what other programs change, instead of being told by the system. \
            (default: 5 s on network file systems)
            """)
    var pollEvents: Double?

    @Option(help: "Seconds that running requests have when the server stops.")
    var stopGrace = 30

    @Option(help: "An origin whose pages may read (CORS), or * for all; may be repeated.")
    var corsOrigin: [String] = []

    @Flag(help: "Open the file anew for every request, also where its time stamps tell that it is unchanged.")
    var reopenFiles = false

    @Flag(help: "Listen beyond loopback without authentication.")
    var insecure = false

    @Option(help: "trace, debug, info (each request), notice, warning or error; to standard error.")
    var logLevel = "notice"

    func validate() throws {
        let day = 86_400.0
        let bounds: [(name: String, value: Double, range: ClosedRange<Double>)] = [
            ("workers", Double(workers ?? 1), 1...1024), ("connections", Double(connections), 1...1_000_000),
            ("request-timeout", requestTimeout, 0.001...day), ("lock-hold", lockHold, 0...day),
            ("lock-wait", Double(lockWait), 0...day), ("max-wait", Double(maxWait), 0...day),
            ("max-ttl", Double(maxTtl), 1...7 * day), ("leases-per-client", Double(leasesPerClient), 1...1_000_000),
            ("stop-grace", Double(stopGrace), 0...day), ("worker-memory", Double(workerMemory), 256...0x1p24),
            ("spool-size", Double(spoolSize), 1...0x1p24), ("slab-size", Double(slabSize), 1...0x1p30),
            ("poll-events", pollEvents ?? 1, 0.05...day), ("answer-memory", Double(answerMemory), 1...0x1p44),
            ("json-size", Double(jsonSize), 1...0x1p10),
            ("upload-size", Double(uploadSize), 1...0x1p40),
        ]
        for option in bounds where !option.range.contains(option.value) {
            let (least, most) = (option.range.lowerBound, option.range.upperBound)
            throw ValidationError("--\(option.name) is a number from \(least.short) to \(most.short)")
        }
        _ = try mode()
        _ = try groupNumber()
        guard Logger.Level(rawValue: logLevel) != nil else {
            throw ValidationError("--log-level is trace, debug, info, notice, warning or error")
        }
        let host = try address().host
        if !insecure && !isLoopback(host) {
            throw ValidationError(
                """
                there is no authentication, so only loopback is listened on; --insecure serves everyone who \
                reaches \(listen)
                """)
        }
    }

    func run() throws {
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        var log = Logger(label: "lockedh5")
        log.logLevel = Logger.Level(rawValue: logLevel) ?? .notice
        do {
            try Gate(try settings(), log: log).run { address in
                // Unbuffered: whoever started the server waits for this line.
                let line = Array("listening on \(address)\n".utf8)
                _ = write(1, line, line.count)
            }
        } catch let error as GateError {
            let line = Array("lockedh5: \(error)\n".utf8)
            _ = write(2, line, line.count)
            throw ExitCode.failure
        }
    }

    private func settings() throws -> Settings {
        let count = workers ?? max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1)
        var settings = Settings(root: directory, workers: count, zygoteCommand: zygoteCommand())
        (settings.host, settings.port) = try address()
        settings.stateDirectory = state
        settings.lockWait = .seconds(lockWait)
        settings.maximumWait = .seconds(max(maxWait, lockWait))
        settings.maximumTTL = .seconds(maxTtl)
        settings.ttl = min(settings.ttl, settings.maximumTTL)
        settings.leasesPerClient = leasesPerClient
        settings.lockHold = .milliseconds(Int(lockHold * 1000))
        settings.requestTimeout = .milliseconds(Int(requestTimeout * 1000))
        settings.slabSize = slabSize
        settings.answerMemory = answerMemory
        settings.isReadOnly = readOnly
        settings.durability = durability
        settings.fileMode = try mode()
        settings.fileGroup = try groupNumber()
        settings.jsonSize = jsonSize << 20
        settings.uploadSize = uploadSize << 20
        settings.connections = connections
        settings.pollEvents = pollEvents.map { .milliseconds(Int($0 * 1000)) }
        settings.stopGrace = .seconds(stopGrace)
        settings.corsOrigins = corsOrigin
        settings.keepsFilesOpen = !reopenFiles
        return settings
    }

    private func mode() throws -> UInt32 {
        guard let mode = UInt32(fileMode, radix: 8), mode <= 0o777, mode & 0o600 == 0o600 else {
            throw ValidationError(
                "--file-mode \(fileMode) is not from 0600 to 0777, octal, with the owner's right to write")
        }
        return mode
    }

    private func groupNumber() throws -> UInt32? {
        guard let group else { return nil }
        if let number = UInt32(group) { return number }
        guard let entry = getgrnam(group) else { throw ValidationError("--group \(group): there is no such group") }
        return entry.pointee.gr_gid
    }

    /// This program, as a zygote with the same choices.
    private func zygoteCommand() -> [String] {
        var command = ["/proc/self/exe", "zygote", "--memory", String(workerMemory << 20)]
        command += ["--slab-size", String(slabSize), "--spool-size", String(spoolSize << 20)]
        command += ["--durability", durability.rawValue]
        if let filters { command += ["--filters", filters] }
        return command
    }

    private func address() throws -> (host: String, port: UInt16) {
        guard let colon = listen.lastIndex(of: ":"), let port = UInt16(listen[listen.index(after: colon)...]),
            colon > listen.startIndex
        else { throw ValidationError("--listen \(listen) is not HOST:PORT") }
        return (String(listen[..<colon]), port)
    }

    private func isLoopback(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        let isLoopbackNumber = parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
        return host == "localhost" || host == "[::1]" || isLoopbackNumber
    }
}

extension Double {
    /// Without a fraction where there is none.
    fileprivate var short: String { self == rounded() ? String(Int(self)) : String(self) }
}
