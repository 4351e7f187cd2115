extension Transaction {
    /// Makes the group at `address`, from the base of the HDF5 file on, the file's root group.
    ///
    /// Source: HDF5 File Format Specification, "Disk Format: Level 0A" and "Symbol Table Entry".
    /// - Throws: `notHDF5`, `unreadableSuperblock`, `system`.
    public func setRoot(address: UInt64) throws(RedoLogError) {
        let superblock = try Superblock(size: size) { (place, count) throws(RedoLogError) in
            try bytes(at: place, count: count)
        }
        var block = try bytes(at: superblock.offset, count: Int(Superblock.room))
        guard let fields = Superblock.fields[superblock.version] else {
            throw .unreadableSuperblock(version: superblock.version)
        }
        let width = Int(block[fields.width])
        let digits = (0..<width).map { $0 < 8 ? UInt8(truncatingIfNeeded: address >> UInt64(8 * $0)) : 0 }
        if superblock.version < 2 {
            // A symbol table entry: the name's offset, the address, and a cache of the group, which is not used.
            let place = fields.base + 5 * width
            block.replaceSubrange(place..<place + width, with: digits)
            block.replaceSubrange(place + width..<place + width + 24, with: Array(repeating: 0, count: 24))
            block.removeSubrange((place + width + 24)...)
        } else {
            let place = fields.base + 3 * width
            block.replaceSubrange(place..<place + width, with: digits)
            block.removeSubrange((place + width)...)
            block.append(littleEndian: MetadataChecksum.value(of: block))
        }
        try write(block, at: superblock.offset)
    }

    /// Writes bytes from memory, as `write(_:at:isRaw:)`.
    public func write(_ bytes: [UInt8], at offset: UInt64) throws(RedoLogError) {
        try bytes.withUnsafeBufferPointer { (bytes) throws(RedoLogError) in
            try write(UnsafeRawBufferPointer(bytes), at: offset)
        }
    }

    private func bytes(at offset: UInt64, count: Int) throws(RedoLogError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        try bytes.withUnsafeMutableBufferPointer { (buffer) throws(RedoLogError) in
            try read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
        }
        return bytes
    }
}
