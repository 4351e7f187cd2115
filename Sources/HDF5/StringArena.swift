internal import CHDF5
internal import Glibc

/// Memory for the variable-length strings and sequences of one read: never more than is allowed, and released all at once.
final class StringArena {
    private static let blockSize = 64 << 10

    private let limit: Int
    private var used = 0
    private var blocks: [UnsafeMutableRawPointer] = []
    private var rest = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    /// Whether the strings did not fit.
    private(set) var isFull = false

    /// - Parameter limit: Bytes of all strings together.
    init(limit: Int) {
        self.limit = limit
    }

    deinit {
        for block in blocks { free(block) }
    }

    /// Makes reads with the property list `transfer` put their strings here, for as long as the arena lives.
    func serve(_ transfer: hid_t) throws(HDF5Error) {
        let arena = Unmanaged.passUnretained(self).toOpaque()
        try check(H5Pset_vlen_mem_manager(transfer, allocate, arena, release, nil), "preparing to read")
    }

    fileprivate func take(_ wanted: Int) -> UnsafeMutableRawPointer? {
        // Sequences of any type may come.
        let size = (wanted + 15) & ~15
        guard wanted <= limit - used else {
            isFull = true
            return nil
        }
        used += wanted
        if size > rest.count {
            let capacity = max(size, Self.blockSize)
            guard let block = malloc(capacity) else { return nil }
            blocks.append(block)
            rest = UnsafeMutableRawBufferPointer(start: block, count: capacity)
        }
        defer { rest = UnsafeMutableRawBufferPointer(rebasing: rest[size...]) }
        return rest.baseAddress
    }
}

private func allocate(_ size: Int, _ arena: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let arena else { return nil }
    return Unmanaged<StringArena>.fromOpaque(arena)._withUnsafeGuaranteedRef { $0.take(size) }
}

private func release(_: UnsafeMutableRawPointer?, _: UnsafeMutableRawPointer?) {}
