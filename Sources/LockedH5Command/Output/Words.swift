import H5Model
import HDF5JSON
import HTTPMessage

/// How things are written for people.
enum Words {
    /// A name or a text without what would command a terminal: control characters and bytes that are not UTF-8 are
    /// escaped.
    static func printable(_ bytes: some Sequence<UInt8>) -> String {
        var text = ""
        var decoder = UTF8()
        var source = Array(bytes)[...]
        while !source.isEmpty {
            var rest = source.makeIterator()
            let count: Int
            switch decoder.decode(&rest) {
            case .scalarValue(let scalar):
                count = UTF8.width(scalar)
                append(scalar, to: &text)
            case .emptyInput, .error:
                count = 1
                text += escape(UInt32(source[source.startIndex]))
            }
            source = source.dropFirst(count)
            decoder = UTF8()
        }
        return text
    }

    static func printable(_ text: String) -> String { printable(text.utf8) }

    private static func append(_ scalar: Unicode.Scalar, to text: inout String) {
        switch scalar.value {
        case 0x0A: text += "\\n"
        case 0x09: text += "\\t"
        // Controls, and what changes the direction of the text around it.
        case 0..<0x20, 0x7F..<0xA0: text += escape(scalar.value)
        case 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: text += "\\u{\(String(scalar.value, radix: 16))}"
        default: text.unicodeScalars.append(scalar)
        }
    }

    private static func escape(_ byte: UInt32) -> String {
        let digits = String(byte, radix: 16)
        return "\\x" + (digits.count < 2 ? "0" : "") + digits
    }

    /// `12.3M`, in powers of 1024.
    static func size(_ bytes: Int) -> String {
        if bytes < 1024 { return "\(bytes)" }
        var value = Double(bytes)
        var unit = 0
        let units = ["", "K", "M", "G", "T", "P", "E"]
        while value >= 999.5, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        if value >= 9.95 { return "\(Int(value.rounded()))\(units[unit])" }
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)\(units[unit])"
    }

    /// `20x128x128`, `scalar` or `null`; of a maximal shape `*` for unlimited.
    static func shape(_ json: JSONTree?) -> String {
        guard case .list(let extents)? = json else { return "null" }
        return extents.isEmpty ? "scalar" : extents.map { $0.integer.map(String.init) ?? "*" }.joined(separator: "x")
    }

    /// `deflate 4`.
    static func filter(_ json: JSONTree) -> String {
        let name = json["name"]?.text ?? ""
        let title = name.isEmpty ? json["id"].map { "filter \($0.summary)" } ?? "" : printable(name)
        let options = json.members.filter {
            !["name", "id", "optional"].contains(String(decoding: $0.name, as: UTF8.self))
        }
        let values = options.map { member in
            if case .list(let list) = member.value { return list.map(\.summary).joined(separator: ",") }
            return member.value.text ?? member.value.summary
        }
        return ([title] + values).filter { !$0.isEmpty }.joined(separator: " ")
    }

    static func filters(_ json: JSONTree?) -> String {
        json?.elements.map(filter).joined(separator: ", ") ?? ""
    }

    /// `2026-03-01 09:15`, of a time as RFC 3339 has it.
    static func time(_ text: String?) -> String {
        guard let text, text.utf8.count >= 16 else { return "" }
        return text.prefix(10) + " " + text.dropFirst(11).prefix(5)
    }

    /// A datatype in a few letters: `float32`, `string`, `{x: float64, y: int32}`.
    static func datatype(_ json: JSONTree?) -> String {
        guard let json else { return "" }
        guard let type = try? DatatypeJSON.read(json) else {
            return json["class"]?.text.map(printable) ?? "unknown"
        }
        return datatype(type)
    }

    /// The same, cut where it is long.
    static func datatype(_ json: JSONTree?, atMost limit: Int) -> String {
        let text = datatype(json)
        if text.count <= limit { return text }
        let ending = text.hasSuffix("}") ? "...}" : "..."
        return text.prefix(limit - ending.count) + ending
    }

    private static func datatype(_ type: Datatype) -> String {
        if type == .boolean { return "bool" }
        if let part = type.complexPart, part.format == nil { return "complex\(part.size * 16)" + mark(part.order) }
        switch type {
        case .integer(let type): return integer(type)
        case .float(let type): return "float\(type.size * 8)" + mark(type.order)
        case .string(let type): return "string[\(type.length)]"
        case .variableString: return "string"
        case .enumeration(let base, let members):
            return "enum{" + listed(members.map { "\(printable($0.name.bytes))=\($0.value)" }) + "}" + mark(base.order)
        case .compound(let type):
            return "{" + listed(type.fields.map { "\(printable($0.name.bytes)): \(datatype($0.type))" }) + "}"
        case .array(let element, let shape):
            return datatype(element) + "[" + shape.map(String.init).joined(separator: "x") + "]"
        case .variableLength(let element): return "list of \(datatype(element))"
        case .opaque(let size, let tag): return tag.isEmpty ? "opaque[\(size)]" : "opaque[\(size)] \(printable(tag))"
        case .bitfield(let size, let order): return "bits\(size * 8)" + mark(order)
        case .reference(let kind): return kind == .object ? "reference" : "region"
        case .other(let className, _): return printable(className)
        }
    }

    private static func integer(_ type: Datatype.Integer) -> String {
        let name = "\(type.isSigned ? "" : "u")int\(type.size * 8)" + (type.size > 1 ? mark(type.order) : "")
        return type.bits.map { "\(name) (\($0.precision) bits)" } ?? name
    }

    private static func mark(_ order: ByteOrder) -> String { order == .big ? "be" : "" }

    private static func listed(_ parts: [String]) -> String {
        parts.count <= 6 ? parts.joined(separator: ", ") : parts.prefix(5).joined(separator: ", ") + ", ..."
    }

    /// A value in one line, cut where it is long.
    static func value(_ json: JSONTree, atMost limit: Int) -> String {
        var writer = JSONWriter()
        json.write(to: &writer)
        let text = printable(writer.bytes)
        return text.count <= limit ? text : text.prefix(max(limit - 3, 1)) + "..."
    }
}

extension Words {
    /// The bytes of one element; nil where it has no fixed length.
    static func elementSize(_ json: JSONTree) -> Int? {
        guard let type = try? DatatypeJSON.read(json), !type.hasVariableLength else { return nil }
        return type.size
    }
}
