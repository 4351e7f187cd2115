public import H5Elements
public import H5Model

extension HDF5Client {
    /// The size of a slab where nothing else is said, in bytes: more than what a server of default settings answers with as a
    /// whole, since it sends longer parts of a file straight from there.
    public static let slabSize = 9 << 20

    /// The size of a piece of a file that is uploaded where nothing else is said, in bytes.
    public static let pieceSize = 64 << 20

    /// The values of a dataset of any size, a slab at a time.
    ///
    /// Each slab is one request. All are of one state of the file: when it is changed meanwhile the next slab is a
    /// `changedMeanwhile` error, and never one of another state. Under a lease (`LeasedFile.slabs`) nobody can change it.
    ///
    /// ```swift
    /// var sum = 0.0
    /// for try await slab in client.slabs(of: "/x", in: "run1.h5", as: Double.self) {
    ///     sum += slab.values.reduce(0, +)
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - select: h5py's slices, `0:10,5,::2`; nil selects everything.
    ///   - slabSize: About how many bytes a slab has; slabs end with a row, and where a layer of chunks is no more than
    ///     twice as large with a chunk.
    ///   - progress: Is told of each slab.
    public func slabs<E: Element>(
        of path: ObjectPath, in file: ServedPath, select: String? = nil, as type: E.Type = E.self,
        slabSize: Int = HDF5Client.slabSize, options: CallOptions = CallOptions(),
        progress: TransferProgress.Handler? = nil
    ) -> ValueSlabs<[E]> {
        let reader = SlabReader(
            client: self, file: file, path: path, select: select, slabSize: slabSize, options: options)
        return ValueSlabs(reader: reader, progress: progress) { value throws(HDF5ClientError) in
            try value.elements(as: type)
        }
    }

    /// The same as bytes with their datatype, as `value(of:)` gives them.
    public func slabs(
        ofValue path: ObjectPath, in file: ServedPath, select: String? = nil, slabSize: Int = HDF5Client.slabSize,
        options: CallOptions = CallOptions(), progress: TransferProgress.Handler? = nil
    ) -> ValueSlabs<Value> {
        let reader = SlabReader(
            client: self, file: file, path: path, select: select, slabSize: slabSize, options: options)
        return ValueSlabs(reader: reader, progress: progress) { value in value }
    }

    /// Writes slabs to a dataset, one request each, as they come.
    ///
    /// A slab is written all or nothing, and others see the file between two slabs, unless they are written under a lease
    /// (`LeasedFile.write(slabs:to:)`). The next slab is asked for while one is written.
    ///
    /// - Parameter progress: Is told of each slab.
    /// - Throws: What `slabs` throws, and `HDF5ClientError`, whose `done` tells how much had been written.
    public func write<Slabs: AsyncSequence, E: Element>(
        slabs: Slabs, to path: ObjectPath, in file: ServedPath, options: CallOptions = CallOptions(),
        progress: TransferProgress.Handler? = nil
    ) async throws where Slabs.Element == ValueSlab<[E]> {
        let datatype = try await describeDataset(path, in: file, options: options).datatype
        try await write(slabs, path, file, options, progress) { slab throws(HDF5ClientError) in
            let count = slab.selection.elementCount
            guard slab.values.count == count else {
                throw HDF5ClientError(.notSent("a slab of shape \(slab.shape) has \(slab.values.count) elements"))
            }
            return Value(datatype: datatype, shape: slab.shape, bytes: try datatype.bytes(of: slab.values))
        }
    }

    /// Writes slabs of bytes, each of the dataset's datatype.
    public func write<Slabs: AsyncSequence>(
        slabs: Slabs, to path: ObjectPath, in file: ServedPath, options: CallOptions = CallOptions(),
        progress: TransferProgress.Handler? = nil
    ) async throws where Slabs.Element == ValueSlab<Value> {
        try await write(slabs, path, file, options, progress) { slab in slab.values }
    }

    private func write<Slabs: AsyncSequence, Values: Sendable>(
        _ slabs: Slabs, _ path: ObjectPath, _ file: ServedPath, _ options: CallOptions,
        _ progress: TransferProgress.Handler?,
        _ convert: @escaping @Sendable (ValueSlab<Values>) throws(HDF5ClientError) -> Value
    ) async throws where Slabs.Element == ValueSlab<Values> {
        var done = TransferProgress(bytes: 0, total: nil)
        var iterator = slabs.makeAsyncIterator()
        var next = try await iterator.next()
        while let slab = next {
            let before = done
            let writing = Ahead { () throws(HDF5ClientError) in
                do throws(HDF5ClientError) {
                    let value = try convert(slab)
                    try await write(
                        value, to: path, in: file, select: try slab.selection.selectText(), options: options)
                    return value.bytes.count
                } catch {
                    throw error.after(before)
                }
            }
            let following: Result<ValueSlab<Values>?, any Error>
            do {
                following = .success(try await iterator.next())
            } catch {
                following = .failure(error)
            }
            done.bytes += try await writing.value()
            progress?(done)
            next = try following.get()
        }
    }
}

// Each call is the client's of the same name.
extension LeasedFile {
    /// See `HDF5Client.slabs(of:in:select:as:slabSize:options:progress:)`; what is written under the lease meanwhile is seen.
    public func slabs<E: Element>(
        of path: ObjectPath, select: String? = nil, as type: E.Type = E.self,
        slabSize: Int = HDF5Client.slabSize, options: CallOptions = CallOptions(),
        progress: TransferProgress.Handler? = nil
    ) -> ValueSlabs<[E]> {
        client.slabs(
            of: path, in: servedPath, select: select, as: type, slabSize: slabSize, options: options, progress: progress
        )
    }

    /// See `HDF5Client.slabs(ofValue:in:select:slabSize:options:progress:)`.
    public func slabs(
        ofValue path: ObjectPath, select: String? = nil, slabSize: Int = HDF5Client.slabSize,
        options: CallOptions = CallOptions(), progress: TransferProgress.Handler? = nil
    ) -> ValueSlabs<Value> {
        client.slabs(
            ofValue: path, in: servedPath, select: select, slabSize: slabSize, options: options, progress: progress)
    }

    /// See `HDF5Client.write(slabs:to:in:options:progress:)`.
    public func write<Slabs: AsyncSequence, E: Element>(
        slabs: Slabs, to path: ObjectPath, options: CallOptions = CallOptions(),
        progress: TransferProgress.Handler? = nil
    ) async throws where Slabs.Element == ValueSlab<[E]> {
        try await client.write(slabs: slabs, to: path, in: servedPath, options: options, progress: progress)
    }

    /// See `HDF5Client.write(slabs:to:in:options:progress:)`.
    public func write<Slabs: AsyncSequence>(
        slabs: Slabs, to path: ObjectPath, options: CallOptions = CallOptions(),
        progress: TransferProgress.Handler? = nil
    ) async throws where Slabs.Element == ValueSlab<Value> {
        try await client.write(slabs: slabs, to: path, in: servedPath, options: options, progress: progress)
    }
}
