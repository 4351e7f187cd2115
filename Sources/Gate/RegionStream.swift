import Glibc
import H5Model

/// A body that is a run of the file's own bytes.
final class RegionStream: BodyStream {
    var onReady: () -> Void = {}
    private let hold: LockHold
    private var offset: Int
    private let end: Int
    /// A piece that was read ahead under a short lock, and how much of it has been sent.
    private var piece: [UInt8] = []
    private var sent = 0
    private var isWaiting = false
    private var failure: String?

    /// Bytes that are read under one short lock.
    private static let pieceSize = 4 << 20

    /// What a stream keeps in memory at the most, with libmicrohttpd's buffer.
    static let memory = pieceSize + Response.blockSize

    init(hold: LockHold, offset: Int, length: Int) {
        self.hold = hold
        self.offset = offset
        end = offset + length
        posix_fadvise(hold.descriptor, offset, length, POSIX_FADV_SEQUENTIAL)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> StreamRead {
        if let failure { return .failed(failure) }
        if sent < piece.count {
            let count = min(buffer.count, piece.count - sent)
            piece.withUnsafeBytes {
                buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[sent..<(sent + count)]))
            }
            sent += count
            return .bytes(count)
        }
        if offset == end { return .end }
        if hold.isReady { return readDirectly(into: buffer) }
        if !isWaiting { readAhead() }
        if let failure { return .failed(failure) }
        return isWaiting ? .notYet : read(into: buffer)
    }

    func close() {
        hold.end()
    }

    private func readDirectly(into buffer: UnsafeMutableRawBufferPointer) -> StreamRead {
        let count = pread(hold.descriptor, buffer.baseAddress, min(buffer.count, end - offset), offset)
        if count <= 0 { return .failed(Self.reason(count, hold)) }
        offset += count
        if offset == end { hold.end() }
        return .bytes(count)
    }

    private func readAhead() {
        isWaiting = true
        var isImmediate = true
        hold.use { [weak self] result in
            guard let self else { return }
            self.isWaiting = false
            switch result {
            case .failure(let error): self.failure = error.message
            case .success: self.fillPiece()
            }
            self.hold.done()
            if !isImmediate { self.onReady() }
        }
        isImmediate = false
    }

    private func fillPiece() {
        let size = min(Self.pieceSize, end - offset)
        let (descriptor, start) = (hold.descriptor, offset)
        var result = 0
        piece = [UInt8](unsafeUninitializedCapacity: size) { bytes, count in
            result = pread(descriptor, bytes.baseAddress, size, start)
            count = max(result, 0)
        }
        sent = 0
        if result <= 0 { failure = Self.reason(result, hold) }
        offset += max(result, 0)
    }

    private static func reason(_ count: Int, _ hold: LockHold) -> String {
        count == 0 ? "\(hold.path.text) is shorter than it was" : "read: \(String(cString: strerror(errno)))"
    }
}
