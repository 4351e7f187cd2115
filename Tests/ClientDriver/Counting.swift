import H5Model
import LockedH5Client

/// The numbers of a range as slabs of a dataset of one dimension, made when they are asked for.
struct Counting: AsyncSequence, Sendable {
    var start = 0
    var end: Int
    var slab: Int

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(counting: self)
    }

    struct AsyncIterator: AsyncIteratorProtocol {
        var counting: Counting

        mutating func next() async -> ValueSlab<[Double]>? {
            let (first, count) = (counting.start, Swift.min(counting.slab, counting.end - counting.start))
            if count <= 0 { return nil }
            counting.start += count
            let values = [Double](unsafeUninitializedCapacity: count) { buffer, initialized in
                for place in 0..<count { buffer.initializeElement(at: place, to: Double(first + place)) }
                initialized = count
            }
            return ValueSlab(at: [first], shape: [count], values)
        }
    }

    /// Whether the elements are the numbers from `first` on.
    static func isCount(_ elements: [Double], from first: Int) -> Bool {
        elements.withUnsafeBufferPointer { elements in
            for place in 0..<elements.count where elements[place] != Double(first + place) { return false }
            return true
        }
    }
}
