extension JSONString {
    /// Appends the characters that `text` stands for, which lies between quotation marks and has been checked.
    static func appendUnescaped(_ text: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
        var place = 0
        while place < text.count {
            let run = text[place...].firstIndex(of: UInt8(ascii: "\\")) ?? text.count
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[place..<run]))
            place = run
            if place < text.count { place = appendEscape(text, at: place + 1, to: &bytes) }
        }
    }

    /// Appends the character of the escape whose letter is at `place`, and returns where the text goes on.
    private static func appendEscape(_ text: UnsafeRawBufferPointer, at place: Int, to bytes: inout [UInt8]) -> Int {
        switch text[place] {
        case UInt8(ascii: "b"): bytes.append(0x08)
        case UInt8(ascii: "f"): bytes.append(0x0C)
        case UInt8(ascii: "n"): bytes.append(0x0A)
        case UInt8(ascii: "r"): bytes.append(0x0D)
        case UInt8(ascii: "t"): bytes.append(0x09)
        case UInt8(ascii: "u"):
            let unit = codeUnit(text, at: place + 1)
            guard UTF16.isLeadSurrogate(unit) else {
                append([unit], to: &bytes)
                return place + 5
            }
            append([unit, codeUnit(text, at: place + 7)], to: &bytes)
            return place + 11
        default: bytes.append(text[place])
        }
        return place + 1
    }

    private static func codeUnit(_ text: UnsafeRawBufferPointer, at place: Int) -> UInt16 {
        text[place..<place + 4].reduce(0) { $0 << 4 | UInt16(hexadecimalValue($1) ?? 0) }
    }

    private static func append(_ units: [UInt16], to bytes: inout [UInt8]) {
        bytes.append(contentsOf: String(decoding: units, as: UTF16.self).utf8)
    }

    static func hexadecimalValue(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// Whether bytes are UTF-8 (RFC 3629).
    public static func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var place = 0
        while place < bytes.count {
            if place + 8 <= bytes.count, isASCII(bytes, from: place) {
                place += 8
            } else if bytes[place] < 0x80 {
                place += 1
            } else if let length = lengthOfCharacter(bytes, at: place) {
                place += length
            } else {
                return false
            }
        }
        return true
    }

    private static func isASCII(_ text: UnsafeRawBufferPointer, from place: Int) -> Bool {
        text.loadUnaligned(fromByteOffset: place, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
    }

    /// The bytes of the character that begins at `place` and is not ASCII; nil where it is no UTF-8.
    static func lengthOfCharacter(_ text: UnsafeRawBufferPointer, at place: Int) -> Int? {
        let second: ClosedRange<UInt8>
        let length: Int
        switch text[place] {
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xE1...0xEC, 0xEE...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return nil
        }
        guard place + length <= text.count, second.contains(text[place + 1]) else { return nil }
        return text[(place + 2)..<(place + length)].allSatisfy { (0x80...0xBF).contains($0) } ? length : nil
    }
}
