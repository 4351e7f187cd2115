import H5Model
import HTTPMessage

/// Byte strings and names as JSON.
package enum JSONText {
    /// Appends a string, or `{"base64": "..."}` where the bytes are not UTF-8.
    static func append(_ bytes: UnsafeRawBufferPointer, to text: inout [UInt8]) {
        if JSONString.isUTF8(bytes) {
            bytes.withMemoryRebound(to: UInt8.self) { JSONString.append($0, to: &text) }
        } else {
            text.append(contentsOf: #"{"base64":""#.utf8)
            text.append(contentsOf: Base64.encode(bytes))
            text.append(contentsOf: #""}"#.utf8)
        }
    }

    /// Appends a reference: null, or an object with the path of what it leads to, and what a region selects of it. An
    /// object without a path has its address.
    static func append(reference bytes: UnsafeRawBufferPointer, to text: inout [UInt8]) {
        guard let reference = Reference(wire: bytes), reference.target != .null else {
            text.append(contentsOf: "null".utf8)
            return
        }
        var json = JSONWriter()
        json.object { json in
            switch reference.target {
            case .null: break
            case .object(let path): json.member("path", name: path.bytes)
            case .unnamed(let address):
                json.key("path")
                json.null()
                json.member("address", Int(clamping: address))
            }
            if let region = reference.region { json.member("select", region) }
        }
        text.append(contentsOf: json.bytes)
    }

    /// A member's name with its colon; what is not UTF-8 is replaced by U+FFFD.
    static func key(_ name: HDF5Name) -> [UInt8] {
        var json = JSONWriter()
        json.key(name.description)
        return json.bytes
    }

    /// JSON text with every character that is not ASCII escaped, as header fields need it.
    package static func ascii(_ json: [UInt8]) -> String {
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
}
