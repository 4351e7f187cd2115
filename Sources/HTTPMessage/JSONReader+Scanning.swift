extension JSONReader {
    /// Passes over a number, whose text is the range.
    mutating func scanNumber() throws(JSONError) -> (range: Range<Int>, isInteger: Bool) {
        let start = place
        if byte == UInt8(ascii: "-") { place += 1 }
        if byte == UInt8(ascii: "0") {
            place += 1
        } else {
            try digits()
        }
        var isInteger = true
        if byte == UInt8(ascii: ".") {
            isInteger = false
            place += 1
            try digits()
        }
        if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
            isInteger = false
            place += 1
            if byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") { place += 1 }
            try digits()
        }
        return (start..<place, isInteger)
    }

    private var byte: UInt8? { place < text.count ? text[place] : nil }

    /// At least one digit.
    private mutating func digits() throws(JSONError) {
        let text = text
        var end = place
        while end < text.count, text[end] &- UInt8(ascii: "0") < 10 { end += 1 }
        if end == place { throw unexpected("a digit") }
        place = end
    }

    /// Passes over a string, whose characters between the quotation marks are the range.
    mutating func scanString() throws(JSONError) -> (range: Range<Int>, hasEscapes: Bool) {
        let start = place + 1
        place = start
        var hasEscapes = false
        while true {
            while place + 8 <= text.count && JSONString.areEightPlainASCII(text, from: place) { place += 8 }
            guard let byte else { throw unexpected("the end of the string") }
            switch byte {
            case UInt8(ascii: "\""):
                defer { place += 1 }
                return (start..<place, hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                try escape()
            case 0..<0x20: throw unexpected("an escape")
            case 0x20..<0x80: place += 1
            default: try character()
            }
        }
    }

    private mutating func escape() throws(JSONError) {
        place += 1
        switch byte {
        case UInt8(ascii: "u"): try unicodeEscape()
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            place += 1
        default: throw unexpected("an escaped character")
        }
    }

    /// A `uXXXX`, and the second one that completes a surrogate pair.
    private mutating func unicodeEscape() throws(JSONError) {
        let start = place - 1
        let unit = try hexadecimal()
        guard UTF16.isLeadSurrogate(unit) || UTF16.isTrailSurrogate(unit) else { return }
        let lone = JSONError("an escape that is half of a surrogate pair", at: offset - (place - start))
        guard UTF16.isLeadSurrogate(unit), byte == UInt8(ascii: "\\") else { throw lone }
        place += 1
        guard byte == UInt8(ascii: "u"), UTF16.isTrailSurrogate(try hexadecimal()) else { throw lone }
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt16 {
        place += 1
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte, let digit = JSONString.hexadecimalValue(byte) else {
                throw unexpected("a hexadecimal digit")
            }
            unit = unit << 4 | UInt16(digit)
            place += 1
        }
        return unit
    }

    /// One character that is not ASCII.
    private mutating func character() throws(JSONError) {
        guard let length = JSONString.lengthOfCharacter(text, at: place) else {
            throw JSONError("a byte that is not UTF-8", at: offset)
        }
        place += length
    }
}
