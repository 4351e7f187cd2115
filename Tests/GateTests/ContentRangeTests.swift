import H5Model
import Testing

@testable import Gate

@Suite struct ContentRangeTests {
    @Test func parse_Part_HasRangeAndTotal() throws {
        let part = try ContentRange(parsing: "bytes 10-19/100")
        #expect(part.range == 10..<20)
        #expect(part.total == 100)
    }

    @Test func parse_Question_HasNoRange() throws {
        #expect(try ContentRange(parsing: "bytes */7").range == nil)
    }

    @Test(arguments: [
        "", "bytes", "bytes 1-2", "bytes 2-1/9", "bytes 0-9/9", "bytes 0-1/*", "items 0-1/9", "bytes +0-1/9",
        "bytes */0",
    ])
    func parse_AnythingElse_IsInvalid(field: String) {
        let error = #expect(throws: ServiceError.self) { try ContentRange(parsing: field) }
        #expect(error?.code == .invalid)
    }
}
