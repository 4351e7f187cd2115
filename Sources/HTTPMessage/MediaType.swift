/// Choosing a representation by an `Accept` or `Accept-Encoding` field (RFC 9110, 12.5).
public enum Negotiation {
    /// The first of `offers` (in the server's order of preference) with the highest quality in `accept`; nil where
    /// none is acceptable. A missing field accepts everything.
    public static func choose(_ offers: [String], accept: String?) -> String? {
        guard let accept else { return offers.first }
        let ranges = parse(accept)
        if ranges.isEmpty { return offers.first }
        var best: (offer: String, quality: Double)?
        for offer in offers {
            let quality = quality(of: offer, in: ranges)
            if quality > (best?.quality ?? 0) { best = (offer, quality) }
        }
        return best?.offer
    }

    /// Whether `coding` is acceptable and was named in an `Accept-Encoding` field.
    public static func accepts(coding: String, acceptEncoding: String?) -> Bool {
        guard let acceptEncoding else { return false }
        return parse(acceptEncoding).contains { ($0.name == coding || $0.name == "*") && $0.quality > 0 }
    }

    private struct Range {
        var name: String
        var quality: Double
    }

    // On bytes: splitting and trimming characters takes ten times as long, and is done for every request.
    private static func parse(_ field: String) -> [Range] {
        field.utf8.split(separator: UInt8(ascii: ",")).compactMap { element in
            let parts = element.split(separator: UInt8(ascii: ";")).map(trim)
            guard let name = parts.first, !name.isEmpty else { return nil }
            guard let weight = parts.dropFirst().first(where: { $0.hasPrefix("q=") }) else {
                return Range(name: name, quality: 1)
            }
            // What is no weight is none.
            let quality = Double(weight.dropFirst(2)).flatMap { (0...1).contains($0) ? $0 : nil }
            return Range(name: name, quality: quality ?? 0)
        }
    }

    private static func trim(_ text: Substring.UTF8View) -> String {
        let isBlank: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        var rest = text.drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        return String(Substring(rest)).lowercased()
    }

    /// The quality of the most specific range that matches.
    private static func quality(of offer: String, in ranges: [Range]) -> Double {
        let kind = offer.prefix { $0 != "/" } + "/*"
        for name in [offer, String(kind), "*/*"] {
            if let match = ranges.first(where: { $0.name == name }) { return match.quality }
        }
        return 0
    }
}
