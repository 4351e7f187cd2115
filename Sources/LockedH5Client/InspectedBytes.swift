import Synchronization

/// What somebody has seen of a file whose blocks may be sent from any place, and again.
final class InspectedBytes: Sendable {
    private let file: LocalFile
    private let inspect: @Sendable ([UInt8]) -> Void
    /// All bytes before it were seen, in order.
    private let end = Mutex(0)

    init(_ file: LocalFile, _ inspect: @escaping @Sendable ([UInt8]) -> Void) {
        self.file = file
        self.inspect = inspect
    }

    /// Shows of a block what was not seen yet; one further on is left for `goOn`.
    func add(_ bytes: [UInt8], at offset: Int) {
        end.withLock { end in
            guard offset <= end, offset + bytes.count > end else { return }
            inspect(offset == end ? bytes : Array(bytes[(end - offset)...]))
            end = offset + bytes.count
        }
    }

    /// Reads, and shows, what was not seen before a place.
    /// - Returns: Whether there was any.
    func goOn(to place: Int) async throws(HDF5ClientError) -> Bool {
        let first = end.withLock { $0 }
        for start in stride(from: first, to: place, by: FileBlocks.size) {
            add(try await file.read(start..<min(start + FileBlocks.size, place)), at: start)
        }
        return first < place
    }
}
