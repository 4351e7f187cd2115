import HTTPMessage

/// A value as Python writes it: what `ast.literal_eval` reads, as far as headers of NPY files have it.
indirect enum PythonLiteral: Equatable {
    case none
    case boolean(Bool)
    case integer(Int)
    case text(String)
    case tuple([PythonLiteral])
    case list([PythonLiteral])
    case dictionary([String: PythonLiteral])

    /// Why a text is no literal, and at which character.
    struct Malformed: Error {
        var reason: String
        var place: Int
    }

    /// - Throws: `Malformed`.
    init(parsing text: some Sequence<Unicode.Scalar>) throws(Malformed) {
        var parser = PythonParser(Array(text))
        self = try parser.literal()
        try parser.end()
    }

    /// The elements of a tuple or a list; nil of anything else.
    var elements: [PythonLiteral]? {
        switch self {
        case .tuple(let elements), .list(let elements): elements
        default: nil
        }
    }

    /// The extents that a tuple, a list or one integer tells; nil of anything else, and of a negative one.
    var shape: [Int]? {
        if case .integer(let extent) = self { return extent >= 0 ? [extent] : nil }
        guard let elements else { return nil }
        var shape: [Int] = []
        for element in elements {
            guard case .integer(let extent) = element, extent >= 0 else { return nil }
            shape.append(extent)
        }
        return shape
    }
}

private struct PythonParser {
    private typealias Malformed = PythonLiteral.Malformed
    /// Deeper ones are refused before they fill the stack.
    private static let depthLimit = 64

    private let text: [Unicode.Scalar]
    private var place = 0
    private var depth = 0

    init(_ text: [Unicode.Scalar]) {
        self.text = text
    }

    private func malformed(_ reason: String) -> PythonLiteral.Malformed { .init(reason: reason, place: place) }

    private mutating func skipBlanks() {
        while place < text.count, " \t\n\r".unicodeScalars.contains(text[place]) { place += 1 }
    }

    private mutating func peek() throws(PythonLiteral.Malformed) -> Unicode.Scalar {
        skipBlanks()
        guard place < text.count else { throw malformed("it ends too early") }
        return text[place]
    }

    private mutating func take(_ scalar: Unicode.Scalar) throws(PythonLiteral.Malformed) -> Bool {
        guard try peek() == scalar else { return false }
        place += 1
        return true
    }

    mutating func end() throws(PythonLiteral.Malformed) {
        skipBlanks()
        if place < text.count { throw malformed("something follows the value") }
    }

    mutating func literal() throws(PythonLiteral.Malformed) -> PythonLiteral {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthLimit else { throw malformed("it is nested more than \(Self.depthLimit) deep") }
        switch try peek() {
        case "{": return try dictionary()
        case "(": return try tuple()
        case "[":
            place += 1
            return .list(try elements(until: "]").elements)
        case "'", "\"": return .text(try string())
        case "0"..."9", "-", "+": return .integer(try integer())
        default: return try word()
        }
    }

    private mutating func tuple() throws(PythonLiteral.Malformed) -> PythonLiteral {
        place += 1
        let (elements, hasComma) = try elements(until: ")")
        // One value in parentheses without a comma is that value.
        if let element = elements.first, elements.count == 1, !hasComma { return element }
        return .tuple(elements)
    }

    private mutating func elements(
        until end: Unicode.Scalar
    ) throws(PythonLiteral.Malformed) -> (elements: [PythonLiteral], hasComma: Bool) {
        var elements: [PythonLiteral] = []
        var hasComma = false
        while try !take(end) {
            guard elements.isEmpty || hasComma else { throw malformed("a comma is missing") }
            elements.append(try literal())
            hasComma = try take(",")
        }
        return (elements, hasComma)
    }

    private mutating func dictionary() throws(PythonLiteral.Malformed) -> PythonLiteral {
        place += 1
        var members: [String: PythonLiteral] = [:]
        var hasComma = true
        while try !take("}") {
            guard hasComma else { throw malformed("a comma is missing") }
            guard case .text(let key) = try literal() else { throw malformed("a key is not a string") }
            guard try take(":") else { throw malformed("a colon is missing") }
            guard members.updateValue(try literal(), forKey: key) == nil else {
                throw malformed("the key \"\(key.abbreviated)\" is there twice")
            }
            hasComma = try take(",")
        }
        return .dictionary(members)
    }

    private mutating func integer() throws(PythonLiteral.Malformed) -> Int {
        let start = place
        if text[place] == "-" || text[place] == "+" { place += 1 }
        while place < text.count, ("0"..."9").contains(text[place]) { place += 1 }
        var digits = ""
        digits.unicodeScalars.append(contentsOf: text[start..<place])
        guard let number = Int(digits) else { throw malformed("\"\(digits.abbreviated)\" is no integer of 64 bits") }
        // As Python 2 wrote long ones.
        if place < text.count, text[place] == "L" { place += 1 }
        return number
    }

    private mutating func word() throws(PythonLiteral.Malformed) -> PythonLiteral {
        let start = place
        while place < text.count, text[place].properties.isAlphabetic { place += 1 }
        // Strings of Python 2 and of bytes.
        if place - start == 1, place < text.count, "ub".unicodeScalars.contains(text[start]),
            text[place] == "'" || text[place] == "\""
        {
            return .text(try string())
        }
        var word = ""
        word.unicodeScalars.append(contentsOf: text[start..<place])
        switch word {
        case "True": return .boolean(true)
        case "False": return .boolean(false)
        case "None": return .none
        default:
            place = start
            throw malformed("there is no literal")
        }
    }

    private mutating func string() throws(PythonLiteral.Malformed) -> String {
        let quote = text[place]
        place += 1
        var string = ""
        while true {
            guard place < text.count else { throw malformed("a string has no end") }
            let scalar = text[place]
            place += 1
            if scalar == quote { return string }
            string.unicodeScalars.append(scalar == "\\" ? try escaped() : scalar)
        }
    }

    private mutating func escaped() throws(PythonLiteral.Malformed) -> Unicode.Scalar {
        guard place < text.count else { throw malformed("a string has no end") }
        let scalar = text[place]
        place += 1
        switch scalar {
        case "\\", "'", "\"": return scalar
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "x": return try hexadecimal(2)
        case "u": return try hexadecimal(4)
        case "U": return try hexadecimal(8)
        default: throw malformed("a string has an unknown escape")
        }
    }

    private mutating func hexadecimal(_ count: Int) throws(PythonLiteral.Malformed) -> Unicode.Scalar {
        var digits = ""
        digits.unicodeScalars.append(contentsOf: text[place...].prefix(count))
        guard digits.utf8.count == count, digits.allSatisfy(\.isHexDigit), let value = UInt32(digits, radix: 16),
            let scalar = Unicode.Scalar(value)
        else { throw malformed("a string has a broken escape") }
        place += count
        return scalar
    }
}
