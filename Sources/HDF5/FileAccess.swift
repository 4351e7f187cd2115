internal import Glibc
internal import H5Model
package import RedoLog

/// What libhdf5 may do to one open file: all of its reading and writing passes through this object.
///
/// A transaction, where there is one, lies between the driver and the descriptor.
package final class FileAccess {
    /// A failure inside the driver. libhdf5 may swallow one, so it is kept until somebody asks.
    package enum Failure: Equatable, Sendable {
        /// Another file that libhdf5 asked for was not opened.
        case refused(HDF5Error)
        case read(errno: Int32)
        /// The transaction refused to read or write.
        case transaction(RedoLogError)
    }

    /// -1 while the file is kept warm, when nothing may be read.
    var descriptor: Int32
    /// The name by which libhdf5 opens it, absolute and below the served root: `/dir/run.h5`.
    var name: [CChar]
    /// What a person calls the file.
    package let title: String
    let device: UInt64
    let inode: UInt64
    /// The file's size when the access began, in bytes.
    private let initialSize: UInt64
    /// What changes the file; nil where it is read as it is.
    let transaction: Transaction?
    let state: FileState
    private(set) var failure: Failure?
    /// The access for which this file, which is only read, was asked for; nil for the file that was meant.
    unowned(safe) var origin: FileAccess?
    /// Who opens other files; nil where this file has to do alone.
    var others: OtherFiles?
    /// The files that were asked for, by name; nil for those that are not there.
    var found: [[UInt8]: FileAccess?] = [:]
    /// Whether paths go on behind external links.
    var followsLinks = false
    /// The files behind links that are open.
    var opened: [ObjectIdentifier: OpenedOther] = [:]
    /// The virtual datasets whose sources were looked at.
    var inspected: Set<ObjectPath> = []

    /// - Parameters:
    ///   - descriptor: Stays the caller's, who keeps it open longer than the access.
    ///   - name: Below the served root.
    init(descriptor: Int32, name: String, transaction: Transaction? = nil) throws(HDF5Error) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw HDF5Error(.inputOutput, "\(name) cannot be read: \(describe(errno))")
        }
        self.descriptor = descriptor
        state = FileState(status)
        title = name
        self.name = (name.utf8.first == UInt8(ascii: "/") ? name : "/" + name).utf8CString.map { $0 }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        initialSize = UInt64(max(status.st_size, 0))
        self.transaction = transaction
    }

    /// The end of the file as libhdf5 sees it, in bytes.
    var size: UInt64 { transaction?.size ?? initialSize }

    /// Whether libhdf5 may change what it sees.
    var isWritable: Bool { transaction?.isWritable ?? false }

    /// Whether the file's own bytes are what a reader sees, with nothing pending above them.
    var isPlain: Bool { transaction == nil }

    /// Whether what is read is what recovery will make of the file.
    package var isView: Bool { transaction.map { !$0.isWritable } ?? false }

    /// Keeps the first failure.
    func latch(_ failure: Failure) {
        guard let origin else {
            if self.failure == nil { self.failure = failure }
            return
        }
        origin.latch(.refused(HDF5Error(failure, title)))
    }

    /// The failure that the driver has kept, as an error; it is forgotten.
    package func takeFailure() -> HDF5Error? {
        if let origin { return origin.takeFailure() }
        defer { failure = nil }
        return failure.map { HDF5Error($0, title) }
    }

    /// Fills `buffer` from `offset` on; past the end of the file are zeros, as with libhdf5's own driver.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) -> Bool {
        guard offset <= UInt64(Int64.max) - UInt64(buffer.count) else {
            latch(.read(errno: EOVERFLOW))
            return false
        }
        if let transaction {
            return latching { () throws(RedoLogError) in try transaction.read(into: buffer, at: offset) }
        }
        var rest = buffer[...]
        while !rest.isEmpty {
            let place = off_t(offset) + off_t(rest.startIndex)
            let count = pread(descriptor, UnsafeMutableRawBufferPointer(rebasing: rest).baseAddress, rest.count, place)
            if count < 0, errno == EINTR { continue }
            if count < 0 {
                latch(.read(errno: errno))
                return false
            }
            if count == 0 {
                UnsafeMutableRawBufferPointer(rebasing: rest).initializeMemory(as: UInt8.self, repeating: 0)
                return true
            }
            rest = rest.dropFirst(count)
        }
        return true
    }
}

extension FileAccess {
    /// Writes `bytes` from `offset` on, into the transaction.
    ///
    /// What libhdf5 rewrites of a file that it has opened as it did the one that was meant, to read it, goes nowhere.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64, isRaw: Bool) -> Bool {
        if origin != nil { return true }
        guard let transaction else { return false }
        return latching { () throws(RedoLogError) in try transaction.write(bytes, at: offset, isRaw: isRaw) }
    }

    private func latching(_ operation: () throws(RedoLogError) -> Void) -> Bool {
        do {
            try operation()
            return true
        } catch {
            latch(.transaction(error))
            return false
        }
    }
}

extension HDF5Error {
    /// A failure that the driver has kept.
    fileprivate init(_ failure: FileAccess.Failure, _ title: String) {
        switch failure {
        case .refused(let error): self = error
        case .read(let number): self.init(.inputOutput, "\(title) cannot be read: \(describe(number))")
        case .transaction(let error): self.init(error, "\(title) cannot be written")
        }
    }

    /// What keeps another file from being read.
    init(refusal: ServiceError) {
        self.init(.inputOutput, refusal.message)
        self.refusal = refusal
    }

    /// A failure on the way to the disk.
    package init(_ error: RedoLogError, _ what: String) {
        let cause: Cause =
            switch error {
            case .notHDF5: .notHDF5
            case .unreadableSuperblock: .damaged
            case .unknownVersion: .unsupported
            case .system(ENOSPC, _), .system(EDQUOT, _), .system(EFBIG, _): .outOfSpace
            case .changedMeanwhile: .openElsewhere
            case .system, .unfinished: .inputOutput
            }
        let reason = if case .system(let code, _) = error { describe(code) } else { "\(error)" }
        self.init(cause, "\(what): \(reason)")
    }
}

/// What tells a changed file from an unchanged one.
struct FileState: Equatable {
    let device: UInt64
    let inode: UInt64
    let size: Int
    let modified: Int
    let changed: Int

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = status.st_size
        modified = status.st_mtim.tv_sec &* 1_000_000_000 &+ status.st_mtim.tv_nsec
        changed = status.st_ctim.tv_sec &* 1_000_000_000 &+ status.st_ctim.tv_nsec
    }

    init?(descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    /// Whether a further change would show, however coarse the file system's clock is: times of whole seconds are those of
    /// one that keeps no more.
    var isSettled: Bool {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let isCoarse = modified % 1_000_000_000 == 0 && changed % 1_000_000_000 == 0
        let grain = isCoarse ? 1_020_000_000 : 20_000_000
        return now.tv_sec &* 1_000_000_000 &+ now.tv_nsec - max(modified, changed) >= grain
    }
}

/// The operating system's words for an error number.
func describe(_ number: Int32) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
        guard let start = buffer.baseAddress, strerror_r(number, start, buffer.count) == 0 else {
            return "error \(number)"
        }
        return String(cString: start)
    }
}
