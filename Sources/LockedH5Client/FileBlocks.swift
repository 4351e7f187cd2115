import Synchronization

/// The bytes of a range of a file, in blocks; the next one is read while one is used.
struct FileBlocks: AsyncSequence, Sendable {
    /// Bytes of a block.
    static let size = 1 << 20

    private let file: LocalFile
    private let range: Range<Int>
    private let look: Look
    private let broken = Broken()

    private final class Broken: Sendable {
        let error = Mutex<HDF5ClientError?>(nil)
    }

    /// Is called when a block has been read, before it is used, with its place in the file and its bytes.
    typealias Look = @Sendable (Range<Int>, [UInt8]) throws(HDF5ClientError) -> Void

    init(_ file: LocalFile, _ range: Range<Int>, look: @escaping Look) {
        self.file = file
        self.range = range
        self.look = look
    }

    /// Why reading has failed; who uses the blocks may tell it in other words.
    var failure: HDF5ClientError? { broken.error.withLock { $0 } }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(blocks: self, next: ahead(from: range.lowerBound))
    }

    private func ahead(from offset: Int) -> (range: Range<Int>, bytes: Ahead<[UInt8]>)? {
        let (file, block) = (file, offset..<Swift.min(offset + Self.size, range.upperBound))
        if block.isEmpty { return nil }
        return (block, Ahead { () throws(HDF5ClientError) in try await file.read(block) })
    }

    struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let blocks: FileBlocks
        fileprivate var next: (range: Range<Int>, bytes: Ahead<[UInt8]>)?

        mutating func next() async throws -> [UInt8]? {
            guard let (range, ahead) = next else { return nil }
            do throws(HDF5ClientError) {
                let bytes = try await ahead.value()
                try blocks.look(range, bytes)
                next = blocks.ahead(from: range.upperBound)
                return bytes
            } catch {
                blocks.broken.error.withLock { $0 = error }
                throw error
            }
        }
    }
}
