import Glibc
import H5Model
import HTTPMessage

/// Standard output of a command: collected, and written in large pieces.
final class Output {
    private var buffer: [UInt8] = []
    let terminal = Terminal(1)
    let hasColor: Bool

    init(_ color: ColorChoice) {
        hasColor = terminal.hasColor(color)
    }

    /// The text in the colour of a style, where there are colours.
    func styled(_ text: String, _ style: Style?) -> String {
        guard hasColor, let style else { return text }
        return "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m"
    }

    func line(_ text: String = "") throws(CommandError) {
        buffer += Array(text.utf8)
        try write([UInt8(ascii: "\n")])
    }

    func json(_ tree: JSONTree) throws(CommandError) {
        var writer = JSONWriter()
        tree.write(to: &writer)
        try write(writer.bytes + [UInt8(ascii: "\n")])
    }

    func write(_ bytes: [UInt8]) throws(CommandError) {
        buffer += bytes
        if buffer.count > 64 << 10 { try flush() }
    }

    func flush() throws(CommandError) {
        defer { buffer.removeAll(keepingCapacity: true) }
        try Self.write(buffer, to: 1, "standard output")
    }

    /// Writes everything; ends the program quietly where nobody reads any more.
    static func write(_ bytes: [UInt8], to descriptor: Int32, _ name: String) throws(CommandError) {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                written += count
            } else if errno == EPIPE {
                exit(ExitStatus.closedOutput)
            } else if errno != EINTR {
                throw CommandError(
                    ErrorCode(ofWrite: errno), "\(name) cannot be written: \(String(cString: strerror(errno)))")
            }
        }
    }
}

extension JSONTree {
    /// Writes the tree as text; members that only point to other resources of a server are left out.
    func write(to json: inout JSONWriter) {
        switch self {
        case .null: json.null()
        case .boolean(let flag): json.bool(flag)
        case .number(.integer(let number)): json.integer(number)
        case .number(.unsigned(let number)): json.integer(number)
        case .number(.other(let text)): json.raw(text)
        case .string(let bytes): json.string(utf8: bytes)
        case .list(let elements): json.array { json in for element in elements { element.write(to: &json) } }
        case .object(let members):
            json.object { json in
                for member in members where !member.isReference {
                    json.key(utf8: member.name)
                    member.value.write(to: &json)
                }
            }
        }
    }

    /// The elements of a list; none of anything else.
    var elements: [JSONTree] {
        if case .list(let elements) = self { elements } else { [] }
    }

    /// The members of an object; none of anything else.
    var members: [Member] {
        if case .object(let members) = self { members } else { [] }
    }

    /// The same with this member behind the others, or in the place of the one that has the name.
    func setting(_ name: String, _ value: JSONTree) -> JSONTree {
        var members = members
        if let place = members.firstIndex(where: { $0.name.elementsEqual(name.utf8) }) {
            members[place].value = value
        } else {
            members.append(Member(name: Array(name.utf8), value: value))
        }
        return .object(members)
    }

    /// The bytes of a name, which stand in a member of their own where they are not UTF-8.
    func bytes(_ name: String) -> [UInt8]? {
        if let base64 = self[name + "Base64"]?.text { return Base64.decode(Array(base64.utf8)) }
        if case .string(let bytes)? = self[name] { return bytes }
        return nil
    }
}

extension JSONTree.Member {
    fileprivate var isReference: Bool { name.elementsEqual("href".utf8) || name.elementsEqual("hrefs".utf8) }
}
