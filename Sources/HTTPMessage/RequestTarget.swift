/// A request target as it was received (RFC 9112, 3.2.1), split and percent-decoded.
///
/// It is parsed from the raw bytes, since libraries decode too early: `%00` would cut a name short and `+` become a space.
public struct RequestTarget: Equatable, Sendable {
    /// The decoded path segments; empty ones are dropped, and `%2F` divides like `/`.
    public var segments: [[UInt8]]
    /// Whether the path ends with a slash.
    public var hasTrailingSlash: Bool
    public var query: Query

    /// - Throws: `TargetError` for broken escapes, NUL bytes and dot segments.
    public init(parsing raw: some Collection<UInt8>) throws(TargetError) {
        let raw = Self.withoutAuthority(Array(raw))
        let end = raw.firstIndex(of: UInt8(ascii: "?")) ?? raw.count
        let path = try PercentCoding.decode(raw[..<end], plusIsSpace: false)
        guard path.first == UInt8(ascii: "/") else { throw .notAbsolute }
        segments = path.split(separator: UInt8(ascii: "/")).map(Array.init)
        hasTrailingSlash = path.count > 1 && path.last == UInt8(ascii: "/")
        if segments.contains(where: Self.isDotSegment) { throw .dotSegment }
        query = try Query(parsing: end < raw.count ? raw[(end + 1)...] : [])
    }

    /// The path and query of a target in absolute form, as proxies send it (RFC 9112, 3.2.2).
    private static func withoutAuthority(_ raw: [UInt8]) -> [UInt8] {
        guard let scheme = ["http://", "https://"].first(where: { raw.starts(with: $0.utf8) }) else { return raw }
        let path = raw.dropFirst(scheme.utf8.count).drop { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        return path.first == UInt8(ascii: "/") ? Array(path) : [UInt8(ascii: "/")] + path
    }

    /// Whether `segment` is `.` or `..`, which clients and proxies fold away before they send.
    public static func isDotSegment(_ segment: [UInt8]) -> Bool {
        let dot = UInt8(ascii: ".")
        return segment == [dot] || segment == [dot, dot]
    }
}

/// Why a request target is refused.
public enum TargetError: Error, Equatable, Sendable {
    case notAbsolute, brokenEscape, nulByte, dotSegment

    /// One sentence for the caller.
    public var message: String {
        switch self {
        case .notAbsolute: "the request target does not begin with \"/\""
        case .brokenEscape: "the request target has a \"%\" that is not followed by two hexadecimal digits"
        case .nulByte: "the request target has a NUL byte (%00), which no name can contain"
        case .dotSegment:
            "the path has a segment \".\" or \"..\"; an object of that name is reached with ?file=...&path=..."
        }
    }
}

/// The decoded query: names are text, values are bytes.
public struct Query: Equatable, Sendable {
    public struct Item: Equatable, Sendable {
        public var name: String
        public var value: [UInt8]

        public init(name: String, value: [UInt8]) {
            self.name = name
            self.value = value
        }
    }

    public var items: [Item]

    public init(items: [Item] = []) {
        self.items = items
    }

    init(parsing raw: some Collection<UInt8>) throws(TargetError) {
        items = []
        for part in raw.split(separator: UInt8(ascii: "&")) {
            let equals = part.firstIndex(of: UInt8(ascii: "="))
            let name = try PercentCoding.decode(part[..<(equals ?? part.endIndex)], plusIsSpace: true)
            let value = try equals.map { place throws(TargetError) in
                try PercentCoding.decode(part[part.index(after: place)...], plusIsSpace: true)
            }
            items.append(Item(name: String(decoding: name, as: UTF8.self), value: value ?? []))
        }
    }

    /// The values of every item of that name, in order.
    public func all(_ name: String) -> [[UInt8]] {
        items.filter { $0.name == name }.map(\.value)
    }

    /// The value of the first item of that name.
    public func first(_ name: String) -> [UInt8]? {
        items.first { $0.name == name }?.value
    }

    /// The first value of that name as text; ill-formed UTF-8 is replaced.
    public func text(_ name: String) -> String? {
        first(name).map { String(decoding: $0, as: UTF8.self) }
    }
}
