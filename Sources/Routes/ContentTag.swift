public import HTTPMessage
import HTTPTypes

/// What tells the content of one short body from another: a part of its entity tag, so that a change elsewhere in the
/// file leaves the tag valid.
public enum ContentTag {
    /// Longer bodies have none.
    public static let longestBody = 64 << 10
    /// Values of more bytes have none, however short their text is.
    public static let longestValues = 32 << 10

    /// The tag of a whole body; nil where it is too long, or of another form.
    ///
    /// Shape and datatype in the head are of the content.
    public static func make(_ head: ResponseHead, _ body: [UInt8]) -> String? {
        guard body.count <= longestBody, let type = head.fields[.contentType],
            let letter = Representation.allCases.first(where: { $0.contentType == type })?.letter
        else { return nil }
        var hash: UInt64 = 0x243F_6A88_85A3_08D3
        for name in [HTTPField.Name.hdf5Shape, .hdf5Datatype] {
            if let value = head.fields[name] { add(Array(value.utf8), to: &hash) }
        }
        add(body, to: &hash)
        let isCompressed = head.fields[.contentEncoding] != nil
        return "\(letter)\(isCompressed ? "z" : "")\(String(hash, radix: 36))"
    }

    /// What a client must have asked for to get a body with that tag; nil where no tag looks so.
    public static func form(of tag: some StringProtocol) -> (Representation, isCompressed: Bool)? {
        guard let first = tag.first, let form = Representation.allCases.first(where: { $0.letter == first })
        else { return nil }
        return (form, tag.dropFirst().first == "z")
    }

    private static func add(_ bytes: [UInt8], to hash: inout UInt64) {
        bytes.withUnsafeBytes { bytes in
            var place = 0
            while place + 8 <= bytes.count {
                mix(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)), into: &hash)
                place += 8
            }
            var rest: UInt64 = 0
            for byte in bytes[place...].reversed() { rest = rest << 8 | UInt64(byte) }
            mix(rest, into: &hash)
            mix(UInt64(bytes.count), into: &hash)
        }
    }

    private static func mix(_ word: UInt64, into hash: inout UInt64) {
        hash = (hash ^ word) &* 0x9E37_79B9_7F4A_7C15
        hash ^= hash >> 29
    }
}

extension Route {
    /// The request that reads what this one writes; nil where there is nothing that could be read so.
    public static func reading(_ request: WorkerRequest) -> WorkerRequest? {
        guard let own = readings[request.operation] else { return nil }
        var reading = request
        reading.operation = own.operation
        reading.query.items.removeAll { !own.allowedParameters.contains($0.name) }
        reading.content = nil
        reading.createsOnly = false
        reading.expected = []
        return reading
    }

    /// For each operation that writes the route that reads the same resource.
    private static let readings: [Operation: Route] = {
        var readings: [Operation: Route] = [:]
        for route in NativeRoutes.table where route.isWrite && route.subject == .object {
            readings[route.operation] = NativeRoutes.table.first { $0.prefix == route.prefix && $0.method == .get }
        }
        return readings
    }()
}
