public import ArgumentParser
import CProcess
import Glibc
import LockedH5
public import RedoLog

/// `lockedh5 zygote`: started by the server, never by hand. Loads libhdf5 and forks workers from there on.
///
/// Its descriptor 3 is the gate's: each byte that comes asks for a worker, whose pid goes back with its socket and its
/// process descriptor.
struct ZygoteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "zygote", abstract: "Fork workers for a server.", shouldDisplay: false)

    private static let control: Int32 = 3

    @Option(help: "Bytes of address space of a worker.") var memory: Int
    @Option(help: "Bytes of one slab of an answer.") var slabSize: Int
    @Option(help: "Bytes of one spool.") var spoolSize: Int
    @Option(help: "power or process.") var durability: Durability
    @Option var filters: String?

    func run() throws {
        lh5_die_with_parent()
        lh5_keep_memory()
        // The parent may have ended before; then nobody reads descriptor 3 and `receive` tells.
        let report = try LockedFile.prepare(filterDirectory: filters)
        // What the distribution's directory holds is not the operator's doing.
        if filters != nil { report.failures.forEach(complain) }
        // Workers are reaped by the kernel; the gate watches their process descriptors.
        signal(SIGCHLD, SIG_IGN)
        while isWished() {
            guard forkWorker() else { throw ExitCode.failure }
        }
    }

    private func isWished() -> Bool {
        var wish: UInt8 = 0
        var count: Int32 = 0
        return lh5_receive(Self.control, &wish, 1, nil, &count, 0) == 1
    }

    /// False where the gate has gone or no process can be made.
    private func forkWorker() -> Bool {
        var pair: [Int32] = [-1, -1]
        let kind = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &pair) == 0 else { return false }
        var pid = fork()
        if pid == 0 {
            close(pair[0])
            close(Self.control)
            WorkerProcess(
                socket: pair[1], memory: memory, slabSize: slabSize, spoolSize: spoolSize, durability: durability
            )
            .run()
        }
        close(pair[1])
        defer { close(pair[0]) }
        guard pid > 0 else { return false }
        let process = lh5_process_descriptor(pid)
        guard process >= 0 else { return false }
        defer { close(process) }
        return lh5_send(Self.control, &pid, MemoryLayout<pid_t>.size, [pair[0], process], 2, 0) > 0
    }
}

/// Writes a line to standard error, where the server's log goes.
func complain(_ message: String) {
    let line = Array("lockedh5 worker: \(message)\n".utf8)
    _ = write(2, line, line.count)
}

extension Durability: ExpressibleByArgument {}
