/// Strings as JSON text (RFC 8259, 7).
public enum JSONString {
    /// Appends `text`, which is valid UTF-8, between quotation marks.
    public static func append(_ text: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        var start = 0
        var place = 0
        while place < text.count {
            if place + 8 <= text.count && areEightPlain(text, from: place) {
                place += 8
                continue
            }
            if needsEscape(text[place]) {
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start..<place]))
                escape(text[place], into: &bytes)
                start = place + 1
            }
            place += 1
        }
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start...]))
        bytes.append(UInt8(ascii: "\""))
    }

    /// Whether eight bytes at once need no escape.
    private static func areEightPlain(_ text: UnsafeBufferPointer<UInt8>, from place: Int) -> Bool {
        let word = UnsafeRawBufferPointer(text).loadUnaligned(fromByteOffset: place, as: UInt64.self)
        // As in `zeros`, for the bytes below 0x20.
        var found = (word &- ones &* 0x20) & ~word
        found |= zeros(word ^ (ones &* 0x22)) | zeros(word ^ (ones &* 0x5C)) | zeros(word ^ (ones &* 0x7F))
        return found & (ones << 7) == 0
    }

    /// Whether eight bytes at once are characters of ASCII that stand for themselves in JSON text.
    static func areEightPlainASCII(_ text: UnsafeRawBufferPointer, from place: Int) -> Bool {
        let word = text.loadUnaligned(fromByteOffset: place, as: UInt64.self)
        var found = (word &- ones &* 0x20) & ~word
        found |= zeros(word ^ (ones &* 0x22)) | zeros(word ^ (ones &* 0x5C)) | word
        return found & (ones << 7) == 0
    }

    private static let ones: UInt64 = 0x0101_0101_0101_0101

    /// A word whose bytes have the top bit set where those of `word` are zero, and perhaps above such a byte.
    private static func zeros(_ word: UInt64) -> UInt64 {
        (word &- ones) & ~word
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0x7F
    }

    private static func escape(_ byte: UInt8, into bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        default:
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(hexadecimal(byte >> 4))
            bytes.append(hexadecimal(byte & 15))
        }
    }

    private static func hexadecimal(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
