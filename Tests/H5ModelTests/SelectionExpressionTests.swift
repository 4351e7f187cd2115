import H5Model
import Testing

@Suite struct SelectionExpressionTests {
    @Test(arguments: [
        ("", [10, 4], [10, 4]), ("2:5", [10, 4], [3, 4]), ("-3:", [10, 4], [3, 4]), ("::3,1", [10, 4], [4]),
        ("...,0", [10, 4], [10]), ("5:2", [10], [0]), ("100:200", [10], [0]), ("0:100", [10], [10]),
        ("-1,-1", [10, 4], []),
        ("...", [], []), ("[0,3,7]", [10, 4], [3, 4]), ("5,[0,2]", [10, 4], [2]), ("[-1]", [10, 4], [1, 4]),
        ("[],0", [10, 4], [0]), ("...,[1,3]", [10, 4], [10, 2]), ("[-10,-1],1:3", [10, 4], [2, 2]),
    ])
    func resolved_Shape_IsH5pys(text: String, shape: Shape, expected: Shape) throws {
        let slab = try SelectionExpression(parsing: text).resolved(in: shape)
        #expect(slab.resultShape == expected)
    }

    @Test(arguments: [
        "a", "1:2:3:4", "1,,2", "::0", "::-1", "...,...", "+1", " 1", "1.5", "[", "]", "[1", "1]", "[1,]", "[,1]",
        "[1:2]", "[[1]]", "[1][2]", "[1],[2]", "[0,1],...,[2,3]", "[ 1]",
    ])
    func parsing_Malformed_IsInvalid(text: String) {
        #expect(throws: ServiceError.self) { try SelectionExpression(parsing: text) }
    }

    @Test(arguments: ["[2,0]", "[0,0]", "[-1,0]", "[0,-10]"])
    func resolved_ListThatDoesNotIncrease_IsInvalid(text: String) throws {
        let expression = try SelectionExpression(parsing: text)
        let error = #expect(throws: ServiceError.self) { try expression.resolved(in: [10]) }
        #expect(error?.code == .invalid)
    }

    @Test(arguments: [("10", [10]), ("-11", [10]), ("[0,10]", [10]), ("[-11]", [10])])
    func resolved_IndexOutside_IsOutOfBounds(text: String, shape: Shape) throws {
        let expression = try SelectionExpression(parsing: text)
        let error = #expect(throws: ServiceError.self) { try expression.resolved(in: shape) }
        #expect(error?.code == .outOfBounds)
    }

    @Test func resolved_TooManyDimensions_IsInvalid() throws {
        let expression = try SelectionExpression(parsing: "0,0")
        let error = #expect(throws: ServiceError.self) { try expression.resolved(in: [3]) }
        #expect(error?.code == .invalid)
    }
}
