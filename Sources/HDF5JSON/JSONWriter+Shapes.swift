public import H5Model
public import HTTPMessage

extension JSONWriter {
    /// A list of extents; nil is null.
    public mutating func shape(_ extents: Shape?) {
        guard let extents else { return null() }
        array { json in
            for extent in extents { json.integer(extent) }
        }
    }

    /// A list of maximal extents; nil is null, also in it.
    public mutating func maximumShape(_ extents: [Int?]?) {
        guard let extents else { return null() }
        array { json in
            for extent in extents {
                if let extent {
                    json.integer(extent)
                } else {
                    json.null()
                }
            }
        }
    }

    /// A member whose value is a text.
    public mutating func member(_ key: String, _ text: String) {
        self.key(key)
        string(text)
    }

    /// A member whose value is an integer.
    public mutating func member(_ key: String, _ number: Int) {
        self.key(key)
        integer(number)
    }

    /// A member whose value is a text given as UTF-8.
    public mutating func member(_ key: String, utf8 text: [UInt8]) {
        self.key(key)
        string(utf8: text)
    }

    /// A member whose value is a name or a path: text, with a second member `...Base64` where it is not UTF-8.
    public mutating func member(_ key: String, name bytes: [UInt8]) {
        self.key(key)
        if bytes.withUnsafeBytes(JSONString.isUTF8) {
            string(utf8: bytes)
        } else {
            string(String(decoding: bytes, as: UTF8.self))
            self.key(key + "Base64")
            string(utf8: Base64.encode(bytes))
        }
    }
}
