import CProcess
import Glibc
import Logging

/// A worker as its zygote hands it over.
struct NewWorker {
    var pid: pid_t
    /// Which zygote it came from: each start of one has the next number.
    var generation: Int
    var socket: Int32
    /// Becomes readable when the process has ended.
    var process: Int32
}

/// The process that workers are forked from: it has libhdf5 loaded and no threads. Started anew when it dies.
final class Zygote {
    private let loop: EventLoop
    private let command: [String]
    private let log: Logger
    private var socket: Int32 = -1
    private var pid: pid_t = 0
    private var watch: EventLoop.WatchID?
    private var wanted = 0
    private var generation = 0
    private var failures = 0
    private var isStopped = false
    /// Called with each worker that was asked for.
    var deliver: (NewWorker) -> Void = { _ in }

    init(loop: EventLoop, command: [String], log: Logger) {
        self.loop = loop
        self.command = command
        self.log = log
    }

    /// Asks for one more worker.
    func requestWorker() {
        wanted += 1
        if socket >= 0 { sendWish() }
    }

    func start() throws(GateError) {
        var pair: [Int32] = [-1, -1]
        let kind = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        if socketpair(AF_UNIX, kind, 0, &pair) < 0 { throw GateError.system("socketpair", errno) }
        defer { close(pair[1]) }
        socket = pair[0]
        pid = try spawn(control: pair[1])
        generation += 1
        watch = try loop.watch(socket, Readiness.readable) { [weak self] _ in self?.receive() }
        for _ in 0..<wanted { sendWish() }
    }

    /// Ends the zygote, and with it every worker.
    func stop() {
        isStopped = true
        disconnect()
    }

    private func disconnect() {
        if let watch { loop.unwatch(watch) }
        watch = nil
        if socket >= 0 { close(socket) }
        socket = -1
        if pid > 0 {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
        pid = 0
    }

    /// The zygote's control socket is its descriptor 3; everything else of the gate's closes on exec.
    private func spawn(control: Int32) throws(GateError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, control, 3)
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The gate blocks the signals that it reads from a descriptor; its children start with none blocked.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        // A process group of its own: an interrupt at the terminal is for the gate, which lets running requests end.
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))
        let arguments = command.map { strdup($0) } + [nil]
        // A crashed worker shall end at once; Swift's own crash reporter would outlive it.
        setenv("SWIFT_BACKTRACE", "enable=no", 1)
        defer { arguments.forEach { free($0) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, command[0], &actions, &attributes, arguments, environ)
        if code != 0 { throw GateError.system("cannot start the worker zygote", code) }
        return child
    }

    /// Whether the zygote of that generation has not ended; told before its end has been handled.
    func isAlive(_ generation: Int) -> Bool {
        if pid <= 0 || generation != self.generation { return false }
        var info = siginfo_t()
        let found = waitid(P_PID, id_t(pid), &info, WEXITED | WNOHANG | WNOWAIT)
        return found == 0 && info.si_signo == 0
    }

    private func sendWish() {
        var wish: UInt8 = 1
        // A full socket or a dead zygote is noticed by `receive`.
        _ = lh5_send(socket, &wish, 1, nil, 0, Int32(MSG_DONTWAIT))
    }

    private func receive() {
        var pid: pid_t = 0
        var descriptors: [Int32] = [-1, -1]
        var count = Int32(descriptors.count)
        let size = lh5_receive(
            socket, &pid, MemoryLayout<pid_t>.size, &descriptors, &count, Int32(MSG_DONTWAIT))
        if size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) { return }
        if size < 0 && errno == EMSGSIZE {
            // There was no room for the worker's descriptors: it ends, and another is asked for when there may be.
            let generation = generation
            loop.after(.milliseconds(500)) { [weak self] in
                guard let self, self.isAlive(generation) else { return }
                self.sendWish()
            }
            return
        }
        guard size == MemoryLayout<pid_t>.size, count == 2 else {
            for descriptor in descriptors.prefix(Int(count)) { close(descriptor) }
            died()
            return
        }
        failures = 0
        wanted = max(wanted - 1, 0)
        deliver(NewWorker(pid: pid, generation: generation, socket: descriptors[0], process: descriptors[1]))
    }

    /// A dead zygote's workers die with it; they are asked for again one by one.
    private func died() {
        disconnect()
        if isStopped { return }
        failures += 1
        log.warning("the worker zygote has ended and is started again")
        let pause = Duration.milliseconds(failures < 2 ? 0 : min(100 << min(failures, 6), 5000))
        loop.after(pause) { [weak self] in
            guard let self, !self.isStopped else { return }
            do throws(GateError) {
                try self.start()
            } catch {
                self.log.error("\(error)")
                self.died()
            }
        }
    }
}
