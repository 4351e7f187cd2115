@testable import HDF5
import LeakCheck
import Testing

@Suite(.leavesNothingOpen) struct LZFFilterTests {
    private func decode(_ input: [UInt8], capacity: Int) -> [UInt8]? {
        var output = [UInt8](repeating: 0xee, count: capacity)
        let count = input.withUnsafeBytes { input in
            output.withUnsafeMutableBytes { LZFFilter.decode(input, into: $0) }
        }
        return count.map { Array(output.prefix($0)) }
    }

    @Test(
        arguments: [
            ([2, 7, 8, 9], [7, 8, 9]),
            // Four bytes from one byte back: a repetition.
            ([0, 5, 0x40, 0], [5, 5, 5, 5, 5]),
            // A long one: 7 + 3 + 2 bytes from two bytes back.
            ([1, 1, 2, 0xe0, 3, 1], [1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2]),
        ] as [([UInt8], [UInt8])])
    func decode_Expands(input: [UInt8], output: [UInt8]) {
        #expect(decode(input, capacity: output.count) == output)
        #expect(decode(input, capacity: output.count - 1) == nil)
    }

    @Test(arguments: [[3, 1], [0x20], [0xe0, 1], [0, 5, 0x20, 1]] as [[UInt8]])
    func decode_RefusesWhatMakesNoSense(input: [UInt8]) {
        #expect(decode(input, capacity: 100) == nil)
    }
}
