package import H5Model
import HTTPMessage

/// What datatype a JSON value has that comes without one: what h5py makes of such a value.
package struct ValueInference {
    private var hasBooleans = false
    private var hasStrings = false
    /// `"NaN"`, `"Infinity"`, `"-Infinity"`: floats among numbers, else strings.
    private var hasSpecials = false
    private var hasNulls = false
    private var hasReals = false
    private var hasNegatives = false
    private var hasIntegers = false
    /// Beyond `Int64`.
    private var hasLargeIntegers = false

    /// The datatype of a whole text.
    /// - Throws: `invalid`.
    package static func datatype(of text: JSONSource) throws(ServiceError) -> Datatype {
        do throws(JSONError) {
            var json = text.reader
            var inference = ValueInference()
            try inference.add(&json)
            try json.end()
            return try inference.datatype(at: text.origin)
        } catch {
            throw ServiceError(error)
        }
    }

    private mutating func add(_ json: inout JSONReader) throws(JSONError) {
        switch try json.peek() {
        case .list:
            try json.beginList()
            while try json.nextElement() { try add(&json) }
        case .object: try addObject(&json)
        case .string:
            if NumberDecoder.special(try json.string()) == nil { hasStrings = true } else { hasSpecials = true }
        case .number: try addNumber(&json)
        case .boolean:
            hasBooleans = true
            _ = try json.boolean()
        case .null:
            hasNulls = true
            try json.null()
        }
    }

    private mutating func addNumber(_ json: inout JSONReader) throws(JSONError) {
        let number = try json.numberText()
        guard number.isInteger else {
            hasReals = true
            return
        }
        hasIntegers = true
        let isNegative = number.text.first == UInt8(ascii: "-")
        if isNegative { hasNegatives = true }
        if number.text.count < 19 { return }
        let digits = String(decoding: number.text, as: UTF8.self)
        if Int64(digits) != nil { return }
        guard !isNegative, UInt64(digits) != nil else {
            throw JSONError("\(digits.abbreviated) is out of the range of all integers", at: number.origin)
        }
        hasLargeIntegers = true
    }

    private mutating func addObject(_ json: inout JSONReader) throws(JSONError) {
        let start = json.offset
        try json.beginObject()
        while try json.nextMember() {
            guard json.keyText == "base64" else {
                throw JSONError("rows of a compound, which need a \"datatype\",", at: start)
            }
            hasStrings = true
            try json.skip()
        }
    }

    private func datatype(at start: Int) throws(JSONError) -> Datatype {
        let hasNumbers = hasIntegers || hasReals
        if hasBooleans && !(hasNumbers || hasStrings || hasSpecials || hasNulls) { return .boolean }
        if hasBooleans || hasStrings && (hasNumbers || hasNulls) {
            throw JSONError("values of several kinds, which no one datatype holds,", at: start)
        }
        if hasStrings || hasSpecials && !hasNumbers && !hasNulls { return .text }
        if hasNulls && !hasNumbers && !hasSpecials {
            throw JSONError("nothing but null, which says no datatype,", at: start)
        }
        if hasIntegers && !hasReals && !hasSpecials && !hasNulls {
            if hasLargeIntegers && hasNegatives {
                throw JSONError("integers that neither int64 nor uint64 holds together,", at: start)
            }
            return .integer(Datatype.Integer(size: 8, isSigned: !hasLargeIntegers))
        }
        // As NumPy has it also where there is no element.
        return .float(Datatype.Float(size: 8))
    }
}
