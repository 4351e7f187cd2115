/// A number as JSON text has it.
public enum JSONNumber: Equatable, Sendable {
    /// An integer that an `Int64` holds.
    case integer(Int64)
    /// An integer that only a `UInt64` holds.
    case unsigned(UInt64)
    /// Any other number: one with a fraction or an exponent, or an integer beyond 64 bits.
    case other(text: String)

    /// - Parameter text: A number of the grammar.
    init(_ text: UnsafeRawBufferPointer, isInteger: Bool) {
        let text = String(decoding: text, as: UTF8.self)
        if isInteger, let number = Int64(text) {
            self = .integer(number)
        } else if isInteger, let number = UInt64(text) {
            self = .unsigned(number)
        } else {
            self = .other(text: text)
        }
    }
}
