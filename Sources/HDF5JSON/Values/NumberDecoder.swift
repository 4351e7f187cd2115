import CNumbers
import H5Model
import HTTPMessage

/// Stores numbers that are read from JSON.
struct NumberDecoder {
    private var format: lockedh5_number_format
    /// NumPy's name of the type, for messages.
    private let name: String
    private let isFloat: Bool
    /// Bytes of one number.
    var size: Int { Int(format.size) }

    init(_ type: Datatype.Integer) {
        format = lockedh5_number_format(
            number_class: type.isSigned ? LOCKEDH5_SIGNED : LOCKEDH5_UNSIGNED, size: Int32(type.size),
            is_big_endian: type.order == .big ? 1 : 0, nan_style: LOCKEDH5_NAN_STRING, is_quoted: 0)
        name = "\(type.isSigned ? "int" : "uint")\(8 * type.size)"
        isFloat = false
    }

    init(_ type: Datatype.Float) {
        format = lockedh5_number_format(
            number_class: LOCKEDH5_REAL, size: Int32(type.size), is_big_endian: type.order == .big ? 1 : 0,
            nan_style: LOCKEDH5_NAN_STRING, is_quoted: 0)
        name = "float\(8 * type.size)"
        isFloat = true
    }

    /// Appends the next element of a list, and where that is a number the numbers behind it.
    /// - Returns: How many were appended.
    func appendRun(_ json: inout JSONReader, to bytes: inout [UInt8]) throws(JSONError) -> Int {
        guard try json.peek() == .number else {
            try appendSpecial(&json, to: &bytes)
            return 1
        }
        // As many as there is room for on the stack.
        return try append(&json, limit: 1024 / size, to: &bytes)
    }

    /// Appends the next value.
    func append(_ json: inout JSONReader, to bytes: inout [UInt8]) throws(JSONError) {
        if try json.peek() == .number {
            _ = try append(&json, limit: 1, to: &bytes)
        } else {
            try appendSpecial(&json, to: &bytes)
        }
    }

    private func append(_ json: inout JSONReader, limit: Int, to bytes: inout [UInt8]) throws(JSONError) -> Int {
        let origin = json.offset
        var count = 0
        try json.takeElements { text throws(JSONError) in
            var run = lockedh5_read_run()
            var status = LOCKEDH5_READ_DONE
            withUnsafeTemporaryAllocation(byteCount: limit * size, alignment: 8) { buffer in
                run.elements = buffer.baseAddress
                run.capacity = limit
                status = withUnsafePointer(to: format) { format in
                    lockedh5_read_numbers(
                        format, text.baseAddress?.assumingMemoryBound(to: CChar.self), text.count, &run)
                }
                bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<(run.count * size)]))
            }
            count = run.count
            let failed = UnsafeRawBufferPointer(rebasing: text[run.failure..<run.failure + run.failure_length])
            switch status {
            case LOCKEDH5_READ_OUT_OF_RANGE: throw refusal(of: failed, "is out of the range of", origin + run.failure)
            case LOCKEDH5_READ_NOT_WHOLE: throw refusal(of: failed, "is no integer for", origin + run.failure)
            default: return run.length
            }
        }
        // Where the grammar is broken the reader itself says how.
        if count == 0 { _ = try json.number() }
        return count
    }

    private func refusal(of number: UnsafeRawBufferPointer, _ rule: String, _ offset: Int) -> JSONError {
        JSONError("\(String(decoding: number, as: UTF8.self).abbreviated) \(rule) \(name)", at: offset)
    }

    /// NaN and the infinities, which are no numbers of JSON.
    private func appendSpecial(_ json: inout JSONReader, to bytes: inout [UInt8]) throws(JSONError) {
        guard isFloat else { throw json.unexpected("a number for \(name)") }
        let start = json.offset
        switch try json.peek() {
        case .null:
            try json.null()
            append(.nan, to: &bytes)
        case .string:
            let text = try json.string()
            guard let value = Self.special(text) else {
                throw JSONError(
                    "\"\(String(decoding: text, as: UTF8.self).abbreviated)\" is no number; only \"NaN\", \"Infinity\" and "
                        + "\"-Infinity\" are strings", at: start)
            }
            append(value, to: &bytes)
        default: throw json.unexpected("a number for \(name)")
        }
    }

    /// The float that a string stands for.
    static func special(_ text: [UInt8]) -> Double? {
        let words: KeyValuePairs<String, Double> = ["NaN": .nan, "Infinity": .infinity, "-Infinity": -.infinity]
        return words.first { $0.key.utf8.elementsEqual(text) }?.value
    }

    /// Appends NaN or an infinity.
    private func append(_ value: Double, to bytes: inout [UInt8]) {
        var pattern: UInt64
        switch size {
        case 2: pattern = value.isNaN ? 0x7E00 : value < 0 ? 0xFC00 : 0x7C00
        case 4: pattern = UInt64(Float(value).bitPattern)
        default: pattern = value.bitPattern
        }
        if format.is_big_endian != 0 { pattern = pattern.byteSwapped >> UInt64(64 - 8 * size) }
        withUnsafeBytes(of: pattern.littleEndian) { bytes.append(contentsOf: $0[..<size]) }
    }
}
