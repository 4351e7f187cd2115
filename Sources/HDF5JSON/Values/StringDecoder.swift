import H5Model
import HTTPMessage

/// Strings as they travel, read from JSON strings or from `{"base64": "..."}`, which is for bytes that are not UTF-8.
enum StringDecoder {
    /// Appends a string of fixed length with its padding.
    static func append(
        _ json: inout JSONReader, as type: Datatype.FixedString, to bytes: inout [UInt8]
    ) throws(JSONError) {
        let start = json.offset
        let first = bytes.count
        try appendText(&json, isASCII: type.characterSet == .ascii, to: &bytes)
        let count = bytes.count - first
        let room = type.padding == .nullTerminated ? type.length - 1 : type.length
        if count > room {
            throw JSONError("a string of \(count) bytes does not fit the datatype's \(room),", at: start)
        }
        if type.padding == .nullTerminated { try refuseNUL(bytes[first...], at: start) }
        let padding: UInt8 = type.padding == .spacePadded ? UInt8(ascii: " ") : 0
        bytes.append(contentsOf: repeatElement(padding, count: type.length - count))
    }

    /// Appends a string of variable length behind its count.
    static func append(
        _ json: inout JSONReader, as set: Datatype.CharacterSet, to bytes: inout [UInt8]
    ) throws(JSONError) {
        let start = json.offset
        let first = bytes.count
        bytes.append(contentsOf: [0, 0, 0, 0])
        try appendText(&json, isASCII: set == .ascii, to: &bytes)
        try refuseNUL(bytes[(first + 4)...], at: start)
        try bytes.setCount(from: first, at: start)
    }

    private static func refuseNUL(_ text: ArraySlice<UInt8>, at start: Int) throws(JSONError) {
        if text.contains(0) { throw JSONError("a NUL inside a string, which would end it there,", at: start) }
    }

    private static func appendText(
        _ json: inout JSONReader, isASCII: Bool, to bytes: inout [UInt8]
    ) throws(JSONError) {
        let start = json.offset
        switch try json.peek() {
        case .string:
            let first = bytes.count
            try json.appendString(to: &bytes)
            guard isASCII, bytes[first...].contains(where: { $0 >= 0x80 }) else { return }
            throw JSONError("text beyond ASCII, to which the datatype's character set is limited,", at: start)
        case .object: bytes.append(contentsOf: try base64(&json))
        default: throw json.unexpected("a string")
        }
    }

    private static func base64(_ json: inout JSONReader) throws(JSONError) -> [UInt8] {
        let start = json.offset
        var bytes: [UInt8]?
        try json.beginObject()
        while try json.nextMember() {
            guard json.keyText == "base64", try json.peek() == .string else {
                throw JSONError("a string as an object is {\"base64\": \"...\"}, and not this", at: start)
            }
            bytes = Base64.decode(try json.string())
        }
        guard let bytes else { throw JSONError("no base64", at: start) }
        return bytes
    }
}
