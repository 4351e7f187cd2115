import Glibc

@testable import RedoLog

/// A file in memory that keeps what is done to it, and can fail at any step.
final class MemoryStorage: Storage {
    enum Step: Equatable {
        case write(UInt64, [UInt8])
        case size(UInt64)
        case synchronize
        case reserve(UInt64, UInt64)
    }

    /// What happens at the step of this index, and perhaps at all from there on.
    struct Failure {
        var step: Int
        var goesOn = false
        /// How much of a write reaches the file all the same, in halves.
        var halves = 0
        var code = ENOSPC
    }

    private(set) var bytes: [UInt8]
    private(set) var steps: [Step] = []
    var failure: Failure?
    var isUnnamed = false
    var hasHoles = false
    /// Rises with each change, as the time stamp does.
    private var changes = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    func status() -> StorageStatus {
        StorageStatus(size: UInt64(bytes.count), modified: [changes], isUnnamed: isUnnamed, hasHoles: hasHoles)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) -> Int {
        let count = max(0, min(buffer.count, bytes.count - Int(offset)))
        if count > 0 {
            bytes.withUnsafeBytes {
                buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[Int(offset)..<Int(offset) + count]))
            }
        }
        return count
    }

    func write(_ new: UnsafeRawBufferPointer, at offset: UInt64) throws(RedoLogError) {
        let whole = Array(new)
        try step(.write(offset, whole)) { halves in
            MemoryStorage.write(whole, at: offset, halves: halves, in: &bytes)
        }
    }

    func setSize(_ size: UInt64) throws(RedoLogError) {
        try step(.size(size)) { halves in if halves == 2 { MemoryStorage.setSize(size, in: &bytes) } }
    }

    func synchronize() throws(RedoLogError) {
        try step(.synchronize) { _ in }
    }

    func reserve(_ offset: UInt64, _ count: UInt64) throws(RedoLogError) {
        try step(.reserve(offset, count)) { _ in }
    }

    private func step(_ step: Step, _ body: (Int) -> Void) throws(RedoLogError) {
        changes += 1
        if let failure, failure.step == steps.count || failure.goesOn && failure.step < steps.count {
            steps.append(step)
            body(failure.step == steps.count - 1 ? failure.halves : 0)
            throw .system(errno: failure.code, operation: "write a file")
        }
        steps.append(step)
        body(2)
    }

    /// Somebody else changes the file.
    func intrude() {
        changes += 1
    }

    /// - Parameter halves: How much of it is done; what lies in one sector is done as a whole or not at all.
    static func write(_ new: [UInt8], at offset: UInt64, halves: Int = 2, in bytes: inout [UInt8]) {
        let isOneSector = offset / 512 == (offset + UInt64(new.count) - 1) / 512
        let new = new.prefix(isOneSector ? new.count * (halves / 2) : new.count * halves / 2)
        if new.isEmpty { return }
        let end = Int(offset) + new.count
        if end > bytes.count { setSize(UInt64(end), in: &bytes) }
        bytes.replaceSubrange(Int(offset)..<end, with: new)
    }

    static func setSize(_ size: UInt64, in bytes: inout [UInt8]) {
        if Int(size) <= bytes.count {
            bytes.removeLast(bytes.count - Int(size))
        } else {
            bytes += Array(repeating: 0, count: Int(size) - bytes.count)
        }
    }
}
