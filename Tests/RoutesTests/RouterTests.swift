import HTTPMessage
import HTTPTypes
import Routes
import Testing

@Suite struct RouterTests {
    private let router = Router(routes: NativeRoutes.table)

    private func operation(_ method: HTTPRequest.Method, _ raw: String) throws -> Operation? {
        guard case .match(let match) = router.route(method, try RequestTarget(parsing: raw.utf8)) else { return nil }
        return match.route.operation
    }

    @Test func route_KnownPath_GivesItsOperation() throws {
        #expect(try operation(.get, "/v1/values/a/b.h5/x") == .getValues)
        #expect(try operation(.head, "/v1/files") == .getFile)
        #expect(try operation(.get, "/healthz") == .getHealth)
    }

    @Test(arguments: ["/", "/v1", "/v1/nothing", "/v2/files", "/healthz/x", "/v1/filesystem"])
    func route_UnknownPath_IsUnknown(raw: String) throws {
        guard case .unknown = router.route(.get, try RequestTarget(parsing: raw.utf8)) else {
            Issue.record("\(raw) was routed")
            return
        }
    }

    @Test func route_OtherMethod_TellsTheMethods() throws {
        guard case .otherMethods(let methods) = router.route(.delete, try RequestTarget(parsing: "/v1/values/x".utf8))
        else {
            Issue.record("DELETE was routed")
            return
        }
        #expect(methods == [.options, .get, .head, .post, .put, .patch])
    }

    @Test func check_UnknownParameter_IsInvalid() throws {
        let query = try RequestTarget(parsing: "/?selct=1".utf8).query
        let route = try #require(NativeRoutes.table.first { $0.operation == .getValues })
        #expect(throws: (any Error).self) { try route.check(query) }
    }
}
