public import H5Elements
public import H5Model

extension LeasedFile {
    /// Appends elements to a dataset that has room along a dimension (an unlimited one has always).
    ///
    /// They are there once, or not at all, whatever becomes of the connection: see `append(contentsOf:to:axis:)`.
    ///
    /// - Parameters:
    ///   - elements: Whole rows: for a dataset of shape `[n, 3]` along dimension 0 three elements each. Row-major.
    ///   - axis: The dimension, from 0 on.
    /// - Returns: The new indices along the dimension.
    @discardableResult
    public func append<E: Element>(
        _ elements: [E], to path: ObjectPath, axis: Int = 0, options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> Range<Int> {
        var appender = try await Appender(self, path, axis: axis, options)
        try await appender.append(elements)
        return appender.appended
    }

    /// Appends each list of a sequence as it comes.
    ///
    /// A list is appended as a whole or not at all (one of more than 8 MiB in several steps). After a lost answer the
    /// dataset's extent tells whether it was, so that nothing is appended twice and nothing is left out. Where that cannot
    /// be asked any more, since the lease is lost too, the error is `outcomeUnknown`, and its `done` tells how many bytes
    /// of elements are in the file for certain.
    ///
    /// - Returns: The new indices along the dimension.
    @discardableResult
    public func append<Lists: AsyncSequence, E: Element>(
        contentsOf lists: Lists, to path: ObjectPath, axis: Int = 0, options: CallOptions = CallOptions(),
        progress: TransferProgress.Handler? = nil
    ) async throws -> Range<Int> where Lists.Element == [E] {
        var appender = try await Appender(self, path, axis: axis, options)
        for try await elements in lists {
            try await appender.append(elements)
            progress?(appender.done)
        }
        return appender.appended
    }
}

extension HDF5Client {
    /// Appends elements to a dataset under an exclusive lease of its own: see `LeasedFile.append(_:to:axis:options:)`.
    ///
    /// - Parameter options: Its `wait` is for the lease.
    @discardableResult
    public func append<E: Element>(
        _ elements: [E], to path: ObjectPath, in file: ServedPath, axis: Int = 0,
        options: CallOptions = CallOptions()
    ) async throws -> Range<Int> {
        try await withFile(file, .exclusive, wait: options.wait) { file in
            try await file.append(elements, to: path, axis: axis, options: options)
        }
    }
}
