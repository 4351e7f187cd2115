import H5Model
import HDF5JSON
import HTTPMessage
import Routes
import LeakCheck
import Testing

@testable import Dialects

@Suite(.leavesNothingOpen) struct QueryValuesTests {
    private func query(_ name: String, _ value: String) -> Query {
        Query(items: [.init(name: name, value: Array(value.utf8))])
    }

    @Test func text_ThatIsNotUTF8_IsInvalid() {
        let query = Query(items: [.init(name: "select", value: [0xFF])])
        #expect(throws: ServiceError(.invalid, "the query parameter \"select\" is not UTF-8")) {
            try query.utf8("select")
        }
    }

    @Test func options_OfAQuery_AreRead() throws {
        let items = [("nan", "null"), ("int64", "string"), ("rows", "columns")]
        let query = Query(items: items.map { Query.Item(name: $0, value: Array($1.utf8)) })
        let expected = ValueOptions(notANumber: .null, hasStringsForInt64: true, rows: .columns)
        #expect(try ValueOptions(query) == expected)
        #expect(try ByteOrder.asked(by: self.query("order", "big")) == .big)
    }

    @Test(arguments: [("nan", "x"), ("int64", "x"), ("rows", "row"), ("order", "native")])
    func option_Unknown_IsInvalidAndListsTheKnown(name: String, value: String) {
        let error = #expect(throws: ServiceError.self) {
            _ = try ValueOptions(query(name, value))
            _ = try ByteOrder.asked(by: query(name, value))
        }
        #expect(error?.code == .invalid)
        #expect(error?.message.hasPrefix("\(name)=\(value) is none of ") == true)
    }
}
