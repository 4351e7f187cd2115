public import H5Elements

extension RemoteDataset {
    /// The elements, a slab at a time: see `HDF5Client.slabs(of:in:select:as:slabSize:options:progress:)`.
    public func slabs<E: Element>(
        as type: E.Type = E.self, select: String? = nil, slabSize: Int = HDF5Client.slabSize,
        progress: TransferProgress.Handler? = nil
    ) -> ValueSlabs<[E]> {
        place.client.slabs(
            of: place.path, in: place.file, select: select, as: type, slabSize: slabSize, options: place.options,
            progress: progress)
    }

    /// Writes slabs as they come: see `HDF5Client.write(slabs:to:in:options:progress:)`.
    public func write<Slabs: AsyncSequence, E: Element>(
        slabs: Slabs, progress: TransferProgress.Handler? = nil
    ) async throws where Slabs.Element == ValueSlab<[E]> {
        try await place.client.write(
            slabs: slabs, to: place.path, in: place.file, options: place.options, progress: progress)
    }
}
