internal import CHDF5
package import H5Model

extension Dataset {
    /// libhdf5 keeps a note of each chunk that one call touches.
    private static let mostChunks = 1 << 16

    /// Writes the selected elements from bytes in the packed type `wire`, row-major.
    ///
    /// The corresponding C function is `H5Dwrite`.
    package func write(
        _ selection: Selection, as wire: Datatype, _ bytes: UnsafeRawBufferPointer
    ) throws(HDF5Error) {
        let shape = try writableShape()
        try selection.checkBounds(in: shape)
        guard let count = selection.elementCount else {
            throw HDF5Error(.tooLarge, "this selection of \(path) has more elements than can be counted")
        }
        let writer = try ElementWriter(
            wire: wire, stored: (datatype, type.id), subject: "\(path)",
            references: try ReferenceWriter(object.handle.id, for: wire))
        try writer.check(bytes, count: count)
        try checkEncodes()
        var first = 0
        var rest = bytes
        while first < count {
            let limit = distinctCount(of: selection, from: first, writer.batch(of: rest, count: count - first))
            let part = nextPart(of: selection, from: first, limit)
            let used = try write(part, of: shape, writer, rest)
            rest = UnsafeRawBufferPointer(rebasing: rest[used...])
            first += part.count
        }
    }

    private func writableShape() throws(HDF5Error) -> Shape {
        switch layout {
        case .virtual:
            throw HDF5Error(
                .unsupported, "\(path) is a virtual dataset, made of parts of others; writing it is not supported")
        case .externalStorage:
            throw HDF5Error(
                .unsupported, "\(path) keeps its values in external storage, that is other files, which are not written"
            )
        case .compact, .contiguous, .chunked:
            break
        }
        guard let shape = dataspace.shape else {
            throw HDF5Error(.invalid, "\(path) has a null dataspace: it holds no values")
        }
        return shape
    }

    /// How many elements from `first` on are different ones.
    ///
    /// libhdf5 gives back what an element of a variable length has in the heap, and would do so twice for one that is
    /// written twice at once.
    private func distinctCount(of selection: Selection, from first: Int, _ limit: Int) -> Int {
        guard datatype.hasVariableLength, case .points(let points) = selection else { return limit }
        var seen: Set<ArraySlice<Int>> = []
        return (first..<first + limit).first { !seen.insert(points[$0]).inserted }.map { $0 - first } ?? limit
    }

    private func nextPart(of selection: Selection, from first: Int, _ limit: Int) -> Slab {
        guard case .chunked(let chunk) = layout else { return selection.slab(from: first, limit: limit) }
        var part = selection.slab(from: first, limit: limit)
        while part.count > 1, part.selection.chunkCount(of: chunk) > Self.mostChunks {
            part = selection.slab(from: first, limit: part.count / 2, chunk: chunk)
        }
        return part
    }

    private func write(
        _ part: Slab, of shape: Shape, _ writer: borrowing ElementWriter, _ bytes: UnsafeRawBufferPointer
    ) throws(HDF5Error) -> Int {
        let size = max(datatype.size, writer.size)
        let isSmall = writer.converts && size <= HDF5Library.smallBuffer / part.count
        let transfer = isSmall ? library.smallTransfer.id : 0
        if part.selection.isWhole(shape) {
            return try writer.write(bytes, count: part.count) { memory, start in
                H5Dwrite(object.handle.id, memory, 0, 0, transfer, start)
            }
        }
        let spaces = try TransferSpaces(part.selection, of: object)
        return try writer.write(bytes, count: part.count) { memory, start in
            spaces.forEachPart { H5Dwrite(object.handle.id, memory, $0, $1, transfer, start) }
        }
    }
}
