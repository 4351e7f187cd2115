/// What an object or region reference leads to.
public struct Reference: Equatable, Sendable {
    public enum Target: Equatable, Sendable {
        /// Nothing was ever referred to.
        case null
        case object(ObjectPath)
        /// An object to which no path leads (any more), by its address in the file; 0 where that is not known either.
        case unnamed(address: UInt64)
    }

    public var target: Target
    /// The elements of the dataset that a region reference selects: select expressions, divided by `;`; nil of an object
    /// reference.
    public var region: String?

    public init(_ target: Target, region: String? = nil) {
        self.target = target
        self.region = region
    }

    public static let null = Reference(.null)
}

extension Reference {
    /// The reference as it travels: nothing for a null reference; the object's absolute path, or `#` and an address in
    /// decimal digits; for a region a NUL and the select expressions behind it.
    public var wire: [UInt8] {
        let subject: [UInt8] =
            switch target {
            case .null: []
            case .object(let path): path.bytes
            case .unnamed(let address): Array("#\(address)".utf8)
            }
        return region.map { subject + [0] + $0.utf8 } ?? subject
    }

    /// - Returns: Nil for bytes that are no reference as it travels.
    public init?(wire: some Collection<UInt8>) {
        let parts = wire.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
        let region = parts.count > 1 ? String(validating: parts[1], as: UTF8.self) : nil
        guard parts.count == 1 || region != nil else { return nil }
        self.init(.null, region: region)
        guard let first = wire.first, parts[0].first == first else {
            if wire.isEmpty { return }
            return nil
        }
        switch first {
        case UInt8(ascii: "/"): target = .object(ObjectPath(bytes: Array(parts[0])))
        case UInt8(ascii: "#"):
            guard let address = UInt64(String(decoding: parts[0].dropFirst(), as: UTF8.self)) else { return nil }
            target = .unnamed(address: address)
        default: return nil
        }
    }
}
