/// The members of a JSON object in their order, each as JSON text.
///
/// A dictionary of strings would take two names for one where they differ only in their normal form.
struct JSONMembers {
    struct Malformed: Error {}

    private(set) var members: [(key: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] = []

    init(_ text: [UInt8]) throws {
        let body = Self.trimmed(text[...])
        guard body.count >= 2, body.first == UInt8(ascii: "{"), body.last == UInt8(ascii: "}") else {
            throw Malformed()
        }
        for member in Self.split(body.dropFirst().dropLast(), at: UInt8(ascii: ",")) {
            let parts = Self.split(member, at: UInt8(ascii: ":"))
            guard parts.count == 2 else { throw Malformed() }
            members.append((parts[0], parts[1]))
        }
    }

    /// The parts between the separators that are in no string, list or object; nothing where there is only space.
    private static func split(_ text: ArraySlice<UInt8>, at separator: UInt8) -> [ArraySlice<UInt8>] {
        var parts: [ArraySlice<UInt8>] = []
        var start = text.startIndex
        var depth = 0
        var isString = false
        var isEscaped = false
        for (place, byte) in zip(text.indices, text) {
            if isString {
                if !isEscaped && byte == UInt8(ascii: "\"") { isString = false }
                isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case separator where depth == 0:
                parts.append(trimmed(text[start..<place]))
                start = place + 1
            default: break
            }
        }
        let last = trimmed(text[start...])
        return parts.isEmpty && last.isEmpty ? [] : parts + [last]
    }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var text = text.drop { isSpace($0) }
        while let last = text.last, isSpace(last) { text.removeLast() }
        return text
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0D).contains(byte)
    }
}
