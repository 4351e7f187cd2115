import H5Model
import HTTPMessage

/// Byte strings and names as JSON.
enum JSONText {
    /// Appends a string, or `{"base64": "..."}` where the bytes are not UTF-8.
    static func append(_ bytes: UnsafeRawBufferPointer, to text: inout [UInt8]) {
        bytes.withMemoryRebound(to: UInt8.self) { bytes in
            if isUTF8(bytes) {
                JSONString.append(bytes, to: &text)
            } else {
                text.append(contentsOf: #"{"base64":""#.utf8)
                text.append(contentsOf: Base64.encode(bytes))
                text.append(contentsOf: #""}"#.utf8)
            }
        }
    }

    /// A member's name with its colon; what is not UTF-8 is replaced by U+FFFD.
    static func key(_ name: HDF5Name) -> [UInt8] {
        var json = JSONWriter()
        json.key(name.description)
        return json.bytes
    }

    /// JSON text with every character that is not ASCII escaped, as header fields need it.
    static func ascii(_ json: [UInt8]) -> String {
        var text = ""
        for unit in String(decoding: json, as: UTF8.self).utf16 {
            if unit < 0x80, let scalar = Unicode.Scalar(unit) {
                text.unicodeScalars.append(scalar)
            } else {
                let digits = String(unit, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return text
    }

    static func isUTF8(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        if bytes.allSatisfy({ $0 < 0x80 }) { return true }
        return String(validating: bytes, as: UTF8.self) != nil
    }
}

extension JSONWriter {
    /// A member whose value is a name or a path: text, with a second member `...Base64` where it is not UTF-8.
    mutating func member(_ key: String, name bytes: [UInt8]) {
        self.key(key)
        if bytes.withUnsafeBufferPointer(JSONText.isUTF8) {
            string(utf8: bytes)
        } else {
            string(String(decoding: bytes, as: UTF8.self))
            self.key(key + "Base64")
            string(utf8: Base64.encode(bytes))
        }
    }
}
