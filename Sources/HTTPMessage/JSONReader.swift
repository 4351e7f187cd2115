/// Reads JSON text (RFC 8259) value by value, without ever building a tree.
///
/// The reader is strict: UTF-8 is checked, no name stands twice in an object, nesting is bounded, and no extension of the
/// grammar is understood. Everything that it passes over has been checked, also what is skipped.
///
/// The caller consumes exactly one value after each `nextElement` or `nextMember` that is true.
public struct JSONReader {
    /// What a value is, as its first byte tells.
    public enum Kind: Sendable {
        case object, list, string, number, boolean, null
    }

    private enum Level {
        case list(count: Int)
        case object(keys: JSONKeys.Mark)
    }

    let text: UnsafeRawBufferPointer
    var place: Int
    private let origin: Int
    private let depthLimit: Int
    private var levels: [Level] = []
    private var keys = JSONKeys()

    /// - Parameters:
    ///   - text: Lives longer than the reader.
    ///   - origin: The byte of a larger text at which `text` begins; errors count from that text's beginning.
    ///   - depthLimit: How deep lists and objects may be nested.
    public init(_ text: UnsafeRawBufferPointer, origin: Int = 0, depthLimit: Int = 64) {
        self.text = text
        self.origin = origin
        self.depthLimit = depthLimit
        place = 0
    }

    /// The byte at which the reader is, as errors count.
    public var offset: Int { origin + place }

    /// The kind of the value that comes next.
    public mutating func peek() throws(JSONError) -> Kind {
        switch try nextByte(expecting: "a value") {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .list
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
        case UInt8(ascii: "n"): return .null
        default: throw unexpected("a value")
        }
    }

    // MARK: Lists and objects

    /// Enters a list, whose elements `nextElement` announces.
    public mutating func beginList() throws(JSONError) {
        try open(UInt8(ascii: "["), "a list")
        levels.append(.list(count: 0))
    }

    /// Whether one more element comes; where none does, the list is left.
    public mutating func nextElement() throws(JSONError) -> Bool {
        guard case .list(let count)? = levels.last else { return false }
        guard try separate(isFirst: count == 0, UInt8(ascii: "]")) else { return false }
        levels[levels.count - 1] = .list(count: count + 1)
        return true
    }

    /// Enters an object, whose members `nextMember` announces.
    public mutating func beginObject() throws(JSONError) {
        try open(UInt8(ascii: "{"), "an object")
        levels.append(.object(keys: keys.begin()))
    }

    /// Whether one more member comes, whose value is next; where none does, the object is left.
    public mutating func nextMember() throws(JSONError) -> Bool {
        guard case .object(let mark)? = levels.last else { return false }
        guard try separate(isFirst: keys.isEmpty(since: mark), UInt8(ascii: "}")) else {
            keys.end(mark)
            return false
        }
        guard try nextByte(expecting: "a name") == UInt8(ascii: "\"") else { throw unexpected("a name") }
        let start = offset
        let characters = try scanString()
        let name = UnsafeRawBufferPointer(rebasing: text[characters.range])
        guard keys.add(name, hasEscapes: characters.hasEscapes, since: mark) else {
            throw JSONError("the name \"\(keyText.abbreviated)\" stands twice", at: start)
        }
        guard try nextByte(expecting: "\":\"") == UInt8(ascii: ":") else { throw unexpected("\":\"") }
        place += 1
        return true
    }

    /// The name of the member that `nextMember` has announced.
    public var key: [UInt8] { Array(keys.last) }

    /// The name of the member that `nextMember` has announced.
    public var keyText: String { String(decoding: keys.last, as: UTF8.self) }

    /// Whether the member that `nextMember` has announced has that name.
    public func isKey(_ name: [UInt8]) -> Bool { keys.last.elementsEqual(name) }

    /// Refuses anything but space behind the last value.
    public mutating func end() throws(JSONError) {
        skipSpace()
        if place < text.count { throw unexpected("the end") }
    }

    // MARK: Values

    public mutating func null() throws(JSONError) {
        try word("null")
    }

    public mutating func boolean() throws(JSONError) -> Bool {
        let isTrue = try nextByte(expecting: "true or false") == UInt8(ascii: "t")
        try word(isTrue ? "true" : "false")
        return isTrue
    }

    /// The characters of a string, as UTF-8.
    public mutating func string() throws(JSONError) -> [UInt8] {
        var bytes: [UInt8] = []
        try appendString(to: &bytes)
        return bytes
    }

    /// Appends the characters of a string, as UTF-8.
    public mutating func appendString(to bytes: inout [UInt8]) throws(JSONError) {
        guard try nextByte(expecting: "a string") == UInt8(ascii: "\"") else { throw unexpected("a string") }
        let characters = try scanString()
        let raw = UnsafeRawBufferPointer(rebasing: text[characters.range])
        if characters.hasEscapes {
            JSONString.appendUnescaped(raw, to: &bytes)
        } else {
            bytes.append(contentsOf: raw)
        }
    }

    public mutating func number() throws(JSONError) -> JSONNumber {
        let (text, isInteger, _) = try numberText()
        return JSONNumber(text, isInteger: isInteger)
    }

    /// A number as it is written, and whether that is without fraction and exponent.
    public mutating func numberText() throws(JSONError) -> (
        text: UnsafeRawBufferPointer, isInteger: Bool, origin: Int
    ) {
        guard try peek() == .number else { throw unexpected("a number") }
        let (range, isInteger) = try scanNumber()
        return (UnsafeRawBufferPointer(rebasing: text[range]), isInteger, origin + range.lowerBound)
    }

    /// Passes over a value.
    /// - Returns: Its text, without the space around it, and the byte where that begins, as errors count.
    @discardableResult
    public mutating func skip() throws(JSONError) -> (text: UnsafeRawBufferPointer, origin: Int) {
        let kind = try peek()
        let start = place
        switch kind {
        case .object:
            try beginObject()
            while try nextMember() { try skip() }
        case .list:
            try beginList()
            while try nextElement() { try skip() }
        case .string: _ = try scanString()
        case .number: _ = try scanNumber()
        case .boolean: _ = try boolean()
        case .null: try null()
        }
        return (UnsafeRawBufferPointer(rebasing: text[start..<place]), origin + start)
    }

    /// Lets another reader take elements of the list: the one that comes next and, with their commas, those behind it.
    /// - Parameter take: Gets the text from the next element on, and returns how many bytes it has taken: those of whole
    ///   elements, and nothing behind the last of them.
    public mutating func takeElements(
        _ take: (UnsafeRawBufferPointer) throws(JSONError) -> Int
    ) throws(JSONError) {
        skipSpace()
        place += try take(UnsafeRawBufferPointer(rebasing: text[place...]))
    }

    // MARK: Parts

    private mutating func open(_ bracket: UInt8, _ expected: String) throws(JSONError) {
        guard try nextByte(expecting: expected) == bracket else { throw unexpected(expected) }
        if levels.count >= depthLimit { throw JSONError("more than \(depthLimit) levels of nesting", at: offset) }
        place += 1
    }

    /// Whether a further part follows, of which the comma before it is taken; else the closing bracket is.
    private mutating func separate(isFirst: Bool, _ end: UInt8) throws(JSONError) -> Bool {
        skipSpace()
        let byte = place < text.count ? text[place] : nil
        if byte == end {
            place += 1
            levels.removeLast()
            return false
        }
        if isFirst { return true }
        guard byte == UInt8(ascii: ",") else {
            throw unexpected("\",\" or \"\(Character(Unicode.Scalar(end)))\"")
        }
        place += 1
        return true
    }

    private mutating func word(_ word: StaticString) throws(JSONError) {
        skipSpace()
        let end = place + word.utf8CodeUnitCount
        let letters = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard end <= text.count, text[place..<end].elementsEqual(letters) else { throw unexpected("\(word)") }
        place = end
    }

    mutating func skipSpace() {
        while place < text.count {
            // All else is quickly told.
            if text[place] > 0x20 { return }
            switch text[place] {
            case 0x20, 0x0A, 0x0D, 0x09: place += 1
            default: return
            }
        }
    }

    /// The first byte that is no space.
    private mutating func nextByte(expecting expected: String) throws(JSONError) -> UInt8 {
        skipSpace()
        if place < text.count { return text[place] }
        throw unexpected(expected)
    }

    /// The error of what stands where the reader is.
    public func unexpected(_ expected: String) -> JSONError {
        guard place < text.count else { return JSONError("expected \(expected), found the end", at: offset) }
        let byte = text[place]
        let found = (0x21...0x7E).contains(byte) ? "\"\(Character(Unicode.Scalar(byte)))\"" : "the byte \(byte)"
        return JSONError("expected \(expected), found \(found)", at: offset)
    }
}
