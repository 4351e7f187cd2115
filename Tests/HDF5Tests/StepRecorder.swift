@testable import RedoLog

/// A file in memory that keeps how it was after each step of a commit, and half way through each write.
final class StepRecorder: Storage {
    private(set) var bytes: [UInt8]
    /// All states that a killed process can leave, the first one before the first step.
    private(set) var states: [[UInt8]]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        states = [bytes]
    }

    func status() -> StorageStatus {
        StorageStatus(size: UInt64(bytes.count), modified: [])
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) -> Int {
        let part = bytes.dropFirst(Int(offset)).prefix(buffer.count)
        buffer.copyBytes(from: part)
        return part.count
    }

    func write(_ new: UnsafeRawBufferPointer, at offset: UInt64) {
        for count in [new.count / 1024 * 512, new.count] where count > 0 {
            setLength(max(bytes.count, Int(offset) + count))
            bytes.replaceSubrange(Int(offset)..<Int(offset) + count, with: new.prefix(count))
            states.append(bytes)
        }
    }

    func setSize(_ size: UInt64) {
        setLength(Int(size))
        states.append(bytes)
    }

    private func setLength(_ length: Int) {
        if length < bytes.count { bytes.removeLast(bytes.count - length) }
        bytes += Array(repeating: 0, count: length - bytes.count)
    }

    func reserve(_ offset: UInt64, _ count: UInt64) {}
    func synchronize() {}
}
