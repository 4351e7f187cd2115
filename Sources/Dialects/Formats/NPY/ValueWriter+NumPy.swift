import H5Model
import HDF5JSON
import Routes

extension ValueWriter {
    /// Writes an array, repeated where its shape says so.
    ///
    /// One of the selection's shape is written in runs; any other is completed in memory.
    /// - Throws: `invalid` where shape or elements do not fit, `too_large`; what `write` throws.
    func write(_ array: NumPyArray, _ write: Write) throws(ServiceError) {
        let inner = array.matching(type)
        let cast = try ElementCast(from: inner.datatype, to: type)
        guard inner.shape == selection.resultShape, !array.isFortran else {
            return try self.write(try array.value(as: type), write)
        }
        try forEachRun(elementSize: max(cast.size, type.size)) { run, first throws(ServiceError) in
            let part = first * cast.size..<(first + run.count) * cast.size
            try array.elements.withBytes(part) { bytes throws(ServiceError) in
                if cast.isIdentity { return try write(run.selection, bytes) }
                try cast.apply(bytes).withUnsafeBufferPointer { bytes throws(ServiceError) in
                    try write(run.selection, UnsafeRawBufferPointer(bytes))
                }
            }
        }
    }
}

extension NumPyArray {
    /// The whole array in a packed type; nil for its own.
    /// - Throws: `invalid` where the elements do not fit, `too_large`.
    func value(as type: Datatype?) throws(ServiceError) -> Value {
        let type = type ?? datatype.packed()
        let inner = matching(type)
        let cast = try ElementCast(from: inner.datatype, to: type)
        guard elements.count <= ValueDecoder.largest else {
            throw ServiceError(
                .tooLarge,
                "an array in Fortran order, or one that is to be repeated, has at most \(ValueDecoder.largest >> 20) MiB; "
                    + "numpy.ascontiguousarray puts it in the usual order")
        }
        return try elements.withBytes { bytes throws(ServiceError) in
            guard isFortran else { return Value(datatype: type, shape: inner.shape, bytes: try cast.apply(bytes)) }
            return try rowMajor(bytes).withUnsafeBufferPointer { bytes throws(ServiceError) in
                Value(datatype: type, shape: inner.shape, bytes: try cast.apply(UnsafeRawBufferPointer(bytes)))
            }
        }
    }

    /// The elements with the last index running fastest.
    private func rowMajor(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        // The extents of an array without elements may have any product.
        if bytes.isEmpty { return [] }
        let size = datatype.size
        var ordered: [UInt8] = []
        ordered.reserveCapacity(bytes.count)
        var strides = shape
        var stride = size
        for dimension in shape.indices {
            strides[dimension] = stride
            stride *= shape[dimension]
        }
        var indices = Array(repeating: 0, count: shape.count)
        var place = 0
        for _ in 0..<(bytes.count / size) {
            ordered.append(contentsOf: bytes[place..<place + size])
            for dimension in shape.indices.reversed() {
                indices[dimension] += 1
                place += strides[dimension]
                if indices[dimension] < shape[dimension] { break }
                place -= indices[dimension] * strides[dimension]
                indices[dimension] = 0
            }
        }
        return ordered
    }
}
