import H5Model
import LeakCheck
import Testing

@testable import Dialects

@Suite(.leavesNothingOpen) struct BroadcastTests {
    /// Element `source` of the value for each element of the shape, by the rule itself.
    private func expected(_ value: Shape, _ shape: Shape) -> [Int] {
        let padded = Array(repeating: 1, count: max(shape.count - value.count, 0)) + value.suffix(shape.count)
        return (0..<(shape.elementCount ?? 0)).map { place in
            var (place, source, stride) = (place, 0, 1)
            for dimension in shape.indices.reversed() {
                let index = place % shape[dimension]
                place /= shape[dimension]
                source += padded[dimension] == 1 ? 0 : index * stride
                stride *= padded[dimension]
            }
            return source
        }
    }

    @Test(
        arguments: [
            ([], []), ([], [3]), ([], [2, 3]), ([1], [4]), ([4], [4]), ([3], [2, 3]), ([2, 1], [2, 3]),
            ([1, 3], [2, 3]),
            ([2, 3], [2, 3]), ([1, 1, 3], [2, 3]), ([2, 1, 3], [2, 4, 3]), ([1, 2, 1, 3], [2, 2, 2, 3]),
            ([2, 1, 1], [2, 3, 2]), ([3, 1, 2, 1], [3, 2, 2, 2]), ([2, 1, 2], [2, 1, 2]), ([0], [0]), ([1], [0]),
            ([2, 0], [2, 0]), ([0], [0, 3]), ([2, 0], [2, 0, 4]), ([1, 2], [3, 1, 2]), ([5, 1, 1, 2], [5, 1, 3, 2]),
        ] as [(Shape, Shape)])
    func elements_AreRepeatedAsInNumPy(value: Shape, shape: Shape) throws {
        let broadcast = try Broadcast(from: value, to: shape)
        let count = shape.elementCount ?? 0
        if broadcast.isIdentity { #expect(expected(value, shape) == Array(0..<count)) }
        for cut in 1...5 {
            var found: [Int] = []
            for first in stride(from: 0, to: count, by: cut) {
                broadcast.forEachRun(first: first, count: min(cut, count - first)) { source, count, isRepeated in
                    found += (0..<count).map { isRepeated ? source : source + $0 }
                }
            }
            #expect(found == expected(value, shape))
        }
    }

    @Test func shapes_WithoutElements_MayHaveAnyExtents() throws {
        #expect(try Broadcast(from: [], to: [0, .max, 4]).isIdentity)
        #expect(try Broadcast(from: [1, 4], to: [0, .max, 4]).isIdentity)
    }

    @Test func shape_WithMoreElementsThanCanBeCounted_IsTooLarge() {
        let error = #expect(throws: ServiceError.self) { try Broadcast(from: [], to: [.max, 4]) }
        #expect(error?.code == .tooLarge)
    }

    @Test(
        arguments: [([2], [3]), ([3], []), ([2, 3], [3]), ([3, 1], [2, 3]), ([0], [2]), ([2], [0])] as [(Shape, Shape)])
    func shapes_ThatDoNotFit_AreRefused(value: Shape, shape: Shape) {
        #expect(throws: ServiceError.self) { try Broadcast(from: value, to: shape) }
    }
}
