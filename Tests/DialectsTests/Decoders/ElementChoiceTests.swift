import H5Model
import HTTPMessage
import Routes
import Testing

@testable import Dialects

@Suite struct ElementChoiceTests {
    private func selection(_ json: String, in shape: Shape) throws -> Selection {
        try ElementChoice(RequestBody.json(BodyBytes(Array(json.utf8)))).selection(in: shape)
    }

    private func octets(_ numbers: [UInt64], in shape: Shape) throws -> Selection {
        let bytes = numbers.flatMap { number in withUnsafeBytes(of: number.littleEndian, Array.init) }
        return try ElementChoice(RequestBody.octetStream(BodyBytes(bytes))).selection(in: shape)
    }

    private func points(_ rank: Int, _ coordinates: [Int]) throws -> Selection {
        .points(try Points(rank: rank, coordinates: coordinates))
    }

    @Test func points_OfSeveralDimensions_KeepTheirOrder() throws {
        #expect(try selection(#"{"points":[[2,0],[0,-1],[2,0]]}"#, in: [3, 4]) == points(2, [2, 0, 0, 3, 2, 0]))
        #expect(try octets([2, 0, 0, 3], in: [3, 4]) == points(2, [2, 0, 0, 3]))
    }

    @Test func points_OfOneDimension_AreAListWhereTheyIncrease() throws {
        let list = Selection.hyperslab(Hyperslab(spans: [try Span(indices: [0, 5, 6])]))
        #expect(try selection(#"{"points":[0,5,6]}"#, in: [10]) == list)
        #expect(try selection(#"{"points":[[0],[5],[-4]]}"#, in: [10]) == list)
        #expect(try octets([0, 5, 6], in: [10]) == list)
        #expect(try selection(#"{"points":[5,0]}"#, in: [10]) == points(1, [5, 0]))
    }

    @Test func mask_IsItsTrueElements() throws {
        #expect(
            try selection(#"{"mask":[[false,true],[true,false],[false,false]]}"#, in: [3, 2])
                == points(2, [0, 1, 1, 0]))
        #expect(try selection(#"{"mask":[1,0,1]}"#, in: [3]).resultShape == [2])
        #expect(try selection(#"{"mask":[[],[]]}"#, in: [2, 0, 3]).elementCount == 0)
        #expect(try selection(#"{"mask":[]}"#, in: [0, 1 << 62, 4]).elementCount == 0)
    }

    @Test func select_IsAnExpression() throws {
        #expect(try selection(#"{"select":"1,::2"}"#, in: [3, 4]).resultShape == [2])
    }

    @Test func points_ThatAreNone_ChooseNothing() throws {
        #expect(try selection(#"{"points":[]}"#, in: [3, 4]).elementCount == 0)
        #expect(try octets([], in: [3, 4]).elementCount == 0)
    }

    @Test(arguments: [
        (#"{"points":[[0,0,0]]}"#, ErrorCode.invalid), (#"{"points":[0]}"#, .invalid), (#"{"points":7}"#, .invalid),
        (#"{"points":[[0,4]]}"#, .outOfBounds), (#"{"points":[[[0,0]]]}"#, .invalid), (#"{"mask":[true]}"#, .invalid),
        (#"{"mask":[[2]]}"#, .invalid), (#"{"select":7}"#, .invalid), (#"{"select":"9"}"#, .outOfBounds),
        (#"{"points":[],"mask":[]}"#, .invalid), ("{}", .invalid), (#"{"points":null}"#, .invalid), ("[]", .invalid),
    ])
    func choice_ThatCannotBe_IsRefused(json: String, code: ErrorCode) {
        let error = #expect(throws: ServiceError.self) { try selection(json, in: [3, 4]) }
        #expect(error?.code == code)
    }

    @Test func choice_OfAScalarsPoints_IsInvalid() {
        for json in [#"{"points":[]}"#, #"{"mask":true}"#] {
            #expect(throws: ServiceError.self) { try selection(json, in: []) }
        }
    }
}
