public import H5Model
public import HTTPMessage
public import HTTPTypes

/// Finds the route of a request in the dialects' tables.
public struct Router: Sendable {
    /// A route, and the path segments after its prefix.
    public struct Match: Sendable {
        public var route: Route
        public var rest: [[UInt8]]
    }

    private struct Prefix {
        var segments: [[UInt8]]
        var routes: [Route]
    }

    private let prefixes: [Prefix]

    public init(routes: [Route]) {
        var prefixes: [Prefix] = []
        for route in routes {
            let segments = Array(route.prefix.utf8).split(separator: UInt8(ascii: "/")).map(Array.init)
            if let place = prefixes.firstIndex(where: { $0.segments == segments }) {
                prefixes[place].routes.append(route)
            } else {
                prefixes.append(Prefix(segments: segments, routes: [route]))
            }
        }
        self.prefixes = prefixes
    }

    /// What a target and a method lead to.
    public enum Outcome: Sendable {
        case match(Match)
        /// The resource exists; these are its methods (405, or the answer to OPTIONS).
        case otherMethods([HTTPRequest.Method])
        case unknown
    }

    /// HEAD is routed like GET.
    public func route(_ method: HTTPRequest.Method, _ target: RequestTarget) -> Outcome {
        guard let prefix = prefixes.first(where: { target.segments.starts(with: $0.segments) }),
            prefix.routes.contains(where: { $0.subject != .server })
                || target.segments.count == prefix.segments.count
        else { return .unknown }
        let wanted = method == .head ? .get : method
        guard let route = prefix.routes.first(where: { $0.method == wanted }) else {
            return .otherMethods(Self.methods(of: prefix.routes))
        }
        return .match(Match(route: route, rest: Array(target.segments.dropFirst(prefix.segments.count))))
    }

    private static func methods(of routes: [Route]) -> [HTTPRequest.Method] {
        var methods: [HTTPRequest.Method] = [.options]
        for route in routes {
            methods.append(route.method)
            if route.method == .get { methods.append(.head) }
        }
        return methods
    }
}

extension Route {
    /// Refuses a query that names a parameter twice where it may stand once, or one that the route does not take.
    /// - Throws: `invalid`.
    public func check(_ query: Query) throws(ServiceError) {
        let allowed = allowedParameters
        var seen: Set<String> = []
        for item in query.items {
            guard allowed.contains(item.name) else {
                let known = allowed.isEmpty ? "none" : allowed.joined(separator: ", ")
                throw ServiceError(
                    .invalid, "unknown query parameter \"\(item.name)\"; \(prefix) takes \(known)")
            }
            if !seen.insert(item.name).inserted && item.name != "field" {
                throw ServiceError(.invalid, "the query parameter \"\(item.name)\" is given twice")
            }
        }
    }
}
