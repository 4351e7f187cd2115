import CProcess
import Glibc

/// A command that runs in a process group of its own, and the signals that come meanwhile.
///
/// Where this process has the terminal, the command gets it, so that keys such as Ctrl-C and Ctrl-Z are for the command
/// as if it had been started by the shell.
final class CommandProcess {
    /// What happened.
    enum Event {
        /// The command has ended, with this status as shells tell it.
        case ended(Int32)
        /// This process got a signal that is to end something.
        case signal(Int32)
        /// Somebody has rung.
        case ring
    }

    /// Why a command could not be started.
    struct NotStarted: Error, CustomStringConvertible {
        var command: String
        var code: Int32

        var description: String { "\(command) cannot be started: \(String(cString: strerror(code)))" }
        /// As shells have it: 127 for a command that is not there, 126 for one that is none.
        var status: Int32 { code == ENOENT || code == ENOTDIR ? 127 : 126 }
    }

    /// Those that are to end a process; one that was told to ignore some, as by nohup, goes on ignoring them.
    private static let ending = [SIGINT, SIGTERM, SIGHUP, SIGQUIT].filter { signal in
        var action = sigaction()
        sigaction(signal, nil, &action)
        // What SIG_IGN is in C; its type cannot be compared.
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) != 1
    }

    private let bell: Doorbell
    private let signals: Int32
    private var oldMask = sigset_t()
    private var pid: pid_t = 0
    private var hasTerminal = false

    /// From here on the signals wait for `next`. To be made before other threads are, which inherit that.
    init(bell: Doorbell) {
        self.bell = bell
        signal(SIGCHLD, SIG_DFL)
        var set = sigset_t()
        sigemptyset(&set)
        for signal in Self.ending + [SIGCHLD] { sigaddset(&set, signal) }
        signals = signalfd(-1, &set, Int32(SFD_CLOEXEC) | Int32(SFD_NONBLOCK))
        // To take the terminal back from the background stops a process that does not block this.
        sigaddset(&set, SIGTTOU)
        pthread_sigmask(SIG_BLOCK, &set, &oldMask)
    }

    deinit { close(signals) }

    /// Starts the command that the last of this process's arguments are, byte for byte.
    /// - Parameters:
    ///   - command: The same arguments as text.
    ///   - variables: Set in its environment beside what is in this process's.
    ///   - inherited: A descriptor that the command keeps open.
    func start(
        _ command: [String], variables: [String: String], inherited: Int32? = nil
    ) throws(NotStarted) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // The same number twice: only the flag to close it is taken off.
        if let inherited { posix_spawn_file_actions_adddup2(&actions, inherited, inherited) }
        hasTerminal = tcgetpgrp(0) == getpgrp()
        if hasTerminal, lh5_give_terminal(&actions, 0) < 0 { hasTerminal = false }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setsigmask(&attributes, &oldMask)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))
        let count = Int(CommandLine.argc)
        let arguments = (count - command.count..<count).map { CommandLine.unsafeArgv[$0] } + [nil]
        let environment = Self.environment(variables)
        defer { environment.forEach { free($0) } }
        let code = posix_spawnp(&pid, command[0], &actions, &attributes, arguments, environment)
        if code != 0 {
            pid = 0
            takeTerminal()
            throw NotStarted(command: command[0], code: code)
        }
    }

    /// This process's environment, byte for byte, with these variables.
    private static func environment(_ variables: [String: String]) -> [UnsafeMutablePointer<CChar>?] {
        var lines = variables.map { strdup("\($0.key)=\($0.value)") }
        var place = environ
        while let line = place.pointee {
            let isReplaced = variables.keys.contains { strncmp(line, "\($0)=", $0.utf8.count + 1) == 0 }
            if !isReplaced { lines.append(strdup(line)) }
            place += 1
        }
        return lines + [nil]
    }

    /// Whether the command runs.
    var isRunning: Bool { pid > 0 }

    /// Sends a signal to the command and what it has started.
    func send(_ signal: Int32) {
        guard pid > 0 else { return }
        kill(-pid, signal)
        // A stopped process does not get others.
        kill(-pid, SIGCONT)
    }

    /// Waits for the next event.
    func next() -> Event {
        while true {
            if let event = ended() { return .ended(event) }
            var info = signalfd_siginfo()
            if read(signals, &info, MemoryLayout<signalfd_siginfo>.size) > 0 {
                let signal = Int32(info.ssi_signo)
                if signal != SIGCHLD { return .signal(signal) }
                continue
            }
            if bell.wasRung() { return .ring }
            var waits = [signals, bell.descriptor].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            poll(&waits, 2, -1)
        }
    }

    /// The status of a command that has ended. One that was stopped at the terminal stops this process too, as a shell
    /// expects of its job.
    private func ended() -> Int32? {
        guard pid > 0 else { return nil }
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG | WUNTRACED) == pid else { return nil }
        let signal = status & 0x7F
        if signal == 0x7F {
            stop()
            return nil
        }
        pid = 0
        takeTerminal()
        return signal == 0 ? status >> 8 & 0xFF : 128 + signal
    }

    private func stop() {
        guard hasTerminal else { return }
        takeTerminal()
        kill(getpid(), SIGSTOP)
        if tcgetpgrp(0) == getpgrp() { tcsetpgrp(0, pid) }
        kill(-pid, SIGCONT)
    }

    private func takeTerminal() {
        if hasTerminal { tcsetpgrp(0, getpgrp()) }
    }
}

/// Wakes the thread that waits in `CommandProcess.next`, from any other.
struct Doorbell: Sendable {
    let descriptor: Int32

    init() {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
    }

    func ring() {
        var one: UInt64 = 1
        _ = write(descriptor, &one, 8)
    }

    fileprivate func wasRung() -> Bool {
        var count: UInt64 = 0
        return read(descriptor, &count, 8) == 8
    }
}
