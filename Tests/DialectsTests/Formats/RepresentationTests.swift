import H5Model
import HTTPMessage
import Routes
import Testing

@testable import Dialects

struct RepresentationTests {
    private func query(_ format: String) -> Query {
        Query(items: [.init(name: "format", value: Array(format.utf8))])
    }

    private func chosen(_ accept: String?, from offers: [Representation] = Representation.ofValues) -> Representation? {
        try? Representation.chosen(from: offers, query: Query(), accept: accept)
    }

    @Test(
        arguments: [("octet-stream", .octetStream), ("npy", .npy), ("text/csv", .csv), ("image/png", .png)]
            as [(String, Representation)])
    func format_InTheQuery_WinsOverAccept(format: String, expected: Representation) throws {
        let chosen = try Representation.chosen(
            from: Representation.ofValues, query: query(format), accept: "application/json")
        #expect(chosen == expected)
    }

    @Test(
        arguments: [
            (nil, .json), ("", .json), ("*/*", .json), ("text/*", .csv), ("image/*", .png), ("application/*", .json),
            ("application/json;q=0.1, text/csv;q=0.2", .csv),
            ("application/*;q=0.5, application/json;q=0.1", .octetStream),
            ("application/json;q=0, */*;q=0.1", .octetStream), ("text/csv;q=0, text/*", nil), ("text/html", nil),
            ("*/*;q=0", nil), ("image/avif,image/webp,image/*,*/*;q=0.8", .png), ("Application/X-NPY ; Q=0.3", .npy),
            ("text/csv;q=2, application/x-npy;q=0.9", .npy), ("text/csv;q=nan, application/x-npy;q=0.9", .npy),
        ] as [(String?, Representation?)])
    func accept_ByItsRanges_ChoosesTheMostSpecific(accept: String?, expected: Representation?) {
        #expect(chosen(accept) == expected)
    }

    @Test func representation_Unknown_ListsWhatThereIs() {
        let offers = [Representation.json, .octetStream]
        #expect(throws: ServiceError(.notAcceptable, "format=npy is none of json, octet-stream")) {
            try Representation.chosen(from: offers, query: query("npy"), accept: nil)
        }
        let message = "this resource is served as application/json, application/octet-stream only"
        #expect(throws: ServiceError(.notAcceptable, message)) {
            try Representation.chosen(from: offers, query: Query(), accept: "text/html")
        }
    }

    @Test(arguments: [
        ("run7/scan.h5", "/entry/counts", Representation.npy, "attachment; filename=\"scan-entry-counts.npy\""),
        ("scan", "/x", .png, "inline; filename=\"scan-x.png\""),
        (".h5", "/a b\"\\:", .csv, "attachment; filename=\".h5-a b___.csv\""),
        ("s.h5", "/\u{e9}", .csv, "attachment; filename=\"s-_.csv\"; filename*=UTF-8''s-%C3%A9.csv"),
    ])
    func savedName_OfValues_IsSafeEverywhere(file: String, path: String, form: Representation, expected: String) {
        let disposition = SavedName.disposition(form, file: Array(file.utf8), object: ObjectPath(path))
        #expect(disposition == expected)
        #expect(SavedName.disposition(.json, file: [], object: "/x") == nil)
    }
}
