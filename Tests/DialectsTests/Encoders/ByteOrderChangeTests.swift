import H5Model
import LeakCheck
import Testing

@testable import Dialects

@Suite(.leavesNothingOpen) struct ByteOrderChangeTests {
    @Test func numbers_InAnotherOrder_AreReversed() throws {
        let value = Value(datatype: .integer(.init(size: 2, isSigned: true)), shape: [2], bytes: [1, 0, 2, 0])
        let swapped = try value.reordered(to: .big)
        #expect(swapped.bytes == [0, 1, 0, 2])
        #expect(swapped.datatype == .integer(.init(size: 2, isSigned: true, order: .big)))
        #expect(try swapped.reordered(to: .little) == value)
    }

    @Test func value_InItsOwnOrder_IsLeftAlone() throws {
        let value = Value(datatype: .float(.init(size: 8)), shape: [], bytes: Array(0..<8))
        #expect(try value.reordered(to: nil) == value)
        #expect(try value.reordered(to: .little) == value)
    }

    @Test func compounds_WithStrings_KeepThem() throws {
        let type = Datatype.compound([
            "a": .integer(.init(size: 4, isSigned: false)), "b": .variableString(.utf8, .nullTerminated),
            "c": .string(.init(length: 2)),
        ])
        let value = Value(datatype: type, shape: [1], bytes: [1, 2, 3, 4, 1, 0, 0, 0, 0x78, 0x79, 0x7A])
        #expect(try value.reordered(to: .big).bytes == [4, 3, 2, 1, 1, 0, 0, 0, 0x78, 0x79, 0x7A])
    }

    /// Of one size, and of any.
    @Test(arguments: [Datatype.string(.init(length: 5)), .variableString(.utf8, .nullTerminated)])
    func arrays_OfCompounds_AreChangedElementByElement(text: Datatype) throws {
        let row = Datatype.compound(["a": .integer(.init(size: 2, isSigned: true)), "s": text])
        let type = Datatype.compound([
            "rows": .array(of: row, shape: [1, 2]),
            "b": .array(of: .integer(.init(size: 2, isSigned: true)), shape: [2]),
        ])
        func bytes(_ isBig: Bool) -> [UInt8] {
            let numbers = (1...4).map { isBig ? [0, UInt8($0)] : [UInt8($0), 0] }
            let text: [UInt8] = [1, 0, 0, 0, 0x78]
            return numbers[0] + text + numbers[1] + text + numbers[2] + numbers[3]
        }
        let value = Value(datatype: type, shape: [2], bytes: bytes(false) + bytes(false))
        let swapped = try value.reordered(to: .big)
        #expect(swapped.bytes == bytes(true) + bytes(true))
        #expect(try swapped.reordered(to: .little) == value)
    }
}
