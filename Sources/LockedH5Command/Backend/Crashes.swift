import CProcess
import H5Model

/// What is said where libhdf5, which works in this process, does not survive a file.
enum Crashes {
    static func tell(of path: String) {
        let sentence = "lockedh5: \(Words.printable(path)): libhdf5 crashed at this file, which may be damaged\n"
        // Where that cannot be arranged, the shell tells of the crash.
        _ = lh5_tell_crash(sentence, CommandError(.workerFailed, sentence).exitStatus)
    }

    static func forget() { lh5_forget_crash() }
}
