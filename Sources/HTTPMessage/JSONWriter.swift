/// Writes JSON text (RFC 8259) into bytes: compact, in the order of the calls, commas by itself.
public struct JSONWriter: Sendable {
    /// The text so far.
    public var bytes: [UInt8] = []
    private var needsComma = false

    public init() {}

    /// `{` … `}` around what `body` writes.
    public mutating func object<E: Error>(_ body: (inout JSONWriter) throws(E) -> Void) throws(E) {
        begin(UInt8(ascii: "{"))
        try body(&self)
        end(UInt8(ascii: "}"))
    }

    /// `[` … `]` around what `body` writes.
    public mutating func array<E: Error>(_ body: (inout JSONWriter) throws(E) -> Void) throws(E) {
        begin(UInt8(ascii: "["))
        try body(&self)
        end(UInt8(ascii: "]"))
    }

    /// A member's name; its value follows.
    public mutating func key(_ name: String) {
        separate()
        escape(name.utf8)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// A member's name given as UTF-8; its value follows.
    public mutating func key(utf8 name: [UInt8]) {
        separate()
        escape(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    public mutating func string(_ text: String) {
        separate()
        escape(text.utf8)
    }

    /// A string of bytes that are valid UTF-8.
    public mutating func string(utf8 text: some Sequence<UInt8>) {
        separate()
        escape(text)
    }

    public mutating func integer(_ value: some BinaryInteger) {
        raw(String(value))
    }

    public mutating func integer(_ value: Int) {
        raw(String(value))
    }

    public mutating func bool(_ value: Bool) {
        raw(value ? "true" : "false")
    }

    public mutating func null() {
        raw("null")
    }

    /// A value that is JSON text already.
    public mutating func raw(_ text: String) {
        separate()
        bytes.append(contentsOf: text.utf8)
    }

    /// A value that is JSON text already.
    public mutating func raw(utf8 text: some Sequence<UInt8>) {
        separate()
        bytes.append(contentsOf: text)
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func begin(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func end(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func escape(_ text: some Sequence<UInt8>) {
        let isContiguous: Void? = text.withContiguousStorageIfAvailable { JSONString.append($0, to: &bytes) }
        if isContiguous == nil {
            Array(text).withUnsafeBufferPointer { JSONString.append($0, to: &bytes) }
        }
    }
}
