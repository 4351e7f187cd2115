import H5Model

/// The values of a dataset, a slab at a time, in row-major order; all slabs are of one state of the file.
///
/// The next slab is read while one is looked at, so that up to three are in memory.
public struct ValueSlabs<Values: Sendable>: AsyncSequence, Sendable {
    let reader: SlabReader
    let progress: TransferProgress.Handler?
    let convert: @Sendable (Value) throws(HDF5ClientError) -> Values

    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(slabs: self)
    }

    /// Reads the slabs. One that is given up closes its connection.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private enum State {
            case new
            case reading(SlabReader.Plan, from: Int, Ahead<Values>)
            case ended
        }

        private let slabs: ValueSlabs
        private var state = State.new

        fileprivate init(slabs: ValueSlabs) {
            self.slabs = slabs
        }

        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(HDF5ClientError) -> ValueSlab<Values>? {
            let last = state
            state = .ended
            switch last {
            case .new:
                guard let (plan, value) = try await slabs.reader.begin() else { return nil }
                let values = try slabs.convert(value)
                return slab(of: plan, from: 0, values)
            case .reading(let plan, let first, let ahead):
                return slab(of: plan, from: first, try await ahead.value())
            case .ended:
                return nil
            }
        }

        /// The slab from an element's number on; reading the one behind it begins.
        private mutating func slab(of plan: SlabReader.Plan, from first: Int, _ values: Values) -> ValueSlab<Values>? {
            guard let slab = plan.slab(from: first), case .hyperslab(let selection) = slab.selection else { return nil }
            let end = first + slab.count
            if let next = plan.slab(from: end) {
                let (reader, convert) = (slabs.reader, slabs.convert)
                let ahead = Ahead { () throws(HDF5ClientError) in
                    try convert(try await reader.read(next, of: plan, from: end))
                }
                state = .reading(plan, from: end, ahead)
            }
            slabs.progress?(plan.progress(end))
            return ValueSlab(selection, values)
        }
    }
}
