internal import CHDF5
package import H5Model

extension Dataset {
    /// Reads the selected elements in the packed type `wire`, row-major.
    ///
    /// The corresponding C function is `H5Dread`.
    ///
    /// - Parameter limit: The most bytes that the caller takes.
    package func read(_ selection: Selection, as wire: Datatype, limit: Int) throws(HDF5Error) -> Value {
        let shape = try readableShape()
        try selection.checkBounds(in: shape)
        guard let count = selection.elementCount else {
            throw HDF5Error(.tooLarge, "this selection of \(path) has more elements than can be counted")
        }
        let bytes = try read(selection, of: shape, count: count, as: wire, limit: limit)
        return Value(datatype: wire, shape: selection.resultShape, bytes: bytes)
    }

    private func readableShape() throws(HDF5Error) -> Shape {
        switch layout {
        case .virtual:
            try inspectSources()
        case .externalStorage:
            throw HDF5Error(
                .unsupported, "\(path) keeps its values in external storage, that is other files, which are not read")
        case .compact, .contiguous, .chunked:
            break
        }
        guard let shape = dataspace.shape else {
            throw HDF5Error(.invalid, "\(path) has a null dataspace: it holds no values")
        }
        return shape
    }

    private func read(
        _ selection: Selection, of shape: Shape, count: Int, as wire: Datatype, limit: Int
    ) throws(HDF5Error) -> [UInt8] {
        let strings = wire.hasVariableLength ? StringArena(limit: limit) : nil
        let reader = ElementReader(
            count: count, wire: wire, limit: limit, subject: "\(path)", strings: strings,
            references: try ReferenceReader(object.handle.id, for: wire))
        let isZeroed = try mayLeaveGaps()
        let transfer = try transfer(for: wire, strings)
        do throws(HDF5Error) {
            if selection.isWhole(shape) {
                return try reader.read(stored: (datatype, type.id), isZeroed: isZeroed) { memory, place in
                    H5Dread(object.handle.id, memory, hid_t(0), hid_t(0), transfer, place)
                }
            }
            let spaces = try TransferSpaces(selection, of: object)
            return try reader.read(stored: (datatype, type.id), isZeroed: isZeroed) { memory, place in
                spaces.forEachPart { H5Dread(object.handle.id, memory, $0, $1, transfer, place) }
            }
        } catch {
            guard error.cause == .damaged else { throw error }
            throw try missingFilter() ?? error
        }
    }

    private func transfer(for wire: Datatype, _ strings: StringArena?) throws(HDF5Error) -> hid_t {
        let isSmall = max(datatype.size, wire.memorySize) <= HDF5Library.smallBuffer
        guard let strings else { return isSmall ? library.smallTransfer.id : 0 }
        // A buffer for one element at least.
        let size = isSmall ? HDF5Library.smallBuffer : max(datatype.size, wire.memorySize)
        try check(H5Pset_buffer(library.stringTransfer.id, size, nil, nil), "preparing to read")
        try strings.serve(library.stringTransfer.id)
        return library.stringTransfer.id
    }

    // Without a fill value libhdf5 leaves what was never written untouched in the buffer.
    private func mayLeaveGaps() throws(HDF5Error) -> Bool {
        var time = H5D_FILL_TIME_ERROR
        var state = H5D_FILL_VALUE_ERROR
        try check(H5Pget_fill_time(creation.id, &time), "reading the fill value of \(path)")
        try check(H5Pfill_value_defined(creation.id, &state), "reading the fill value of \(path)")
        return time == H5D_FILL_TIME_NEVER || state == H5D_FILL_VALUE_UNDEFINED
    }
}
