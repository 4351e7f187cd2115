import CProcess
import Glibc

/// Signals as readable events instead of interruptions: blocked, and read from a descriptor.
final class SignalReader {
    let descriptor: Int32

    init(_ signals: [Int32]) throws(GateError) {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        sigprocmask(SIG_BLOCK, &set, nil)
        descriptor = signalfd(-1, &set, Int32(SFD_CLOEXEC) | Int32(SFD_NONBLOCK))
        if descriptor < 0 { throw GateError.system("signalfd", errno) }
    }

    deinit {
        close(descriptor)
    }

    /// Takes the signals that have come.
    func read() {
        var info = signalfd_siginfo()
        while Glibc.read(descriptor, &info, MemoryLayout<signalfd_siginfo>.size) > 0 {}
    }
}
