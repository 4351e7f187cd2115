public import H5Model

/// A number in the widest form of its kind.
enum WideNumber {
    case signed(Int64)
    case unsigned(UInt64)
    case float(Double)

    init?(_ source: inout ElementSource, _ type: Datatype) throws(ServiceError) {
        switch type {
        case .integer(let type), .enumeration(let type, _):
            guard type.size <= 8 else { return nil }
            let bits = try source.takeBits(size: type.size, order: type.order)
            let shift = UInt64(64 - 8 * type.size)
            self = type.isSigned ? .signed(Int64(bitPattern: bits << shift) >> shift) : .unsigned(bits)
        case .bitfield(let size, let order):
            guard size <= 8 else { return nil }
            self = .unsigned(try source.takeBits(size: size, order: order))
        case .float(let type):
            if type.format == .extended {
                self = .float(try source.takeExtended(size: type.size))
                return
            }
            guard [2, 4, 8].contains(type.size), type.format == nil else { return nil }
            let bits = try source.takeBits(size: type.size, order: type.order)
            switch type.size {
            case 2:
                guard let number = Double(halfBits: UInt16(bits)) else { return nil }
                self = .float(number)
            case 4: self = .float(Double(Swift.Float(bitPattern: UInt32(bits))))
            default: self = .float(Double(bitPattern: bits))
            }
        default:
            return nil
        }
    }

    /// Adds the number as one of `type`; false where that cannot hold it.
    func append(to sink: inout ElementSink, as type: Datatype) -> Bool {
        switch type {
        case .integer(let type), .enumeration(let type, _):
            guard
                let bits = type.isSigned
                    ? integer(Int64.self, sink.conversion).map(UInt64.init(bitPattern:))
                    : integer(UInt64.self, sink.conversion)
            else { return false }
            guard Self.fits(bits, size: type.size, isSigned: type.isSigned) else { return false }
            sink.append(bits: bits, size: type.size, order: type.order)
        case .bitfield(let size, let order):
            guard let bits = integer(UInt64.self, sink.conversion), Self.fits(bits, size: size, isSigned: false)
            else { return false }
            sink.append(bits: bits, size: size, order: order)
        case .float(let type):
            guard type.format == nil, let bits = floatBits(size: type.size, sink.conversion) else { return false }
            sink.append(bits: bits, size: type.size, order: type.order)
        default:
            return false
        }
        return true
    }

    private static func fits(_ bits: UInt64, size: Int, isSigned: Bool) -> Bool {
        if size >= 8 { return true }
        let width = UInt64(8 * size)
        return isSigned ? Int64(bitPattern: bits) >> (width - 1) == Int64(bitPattern: bits) >> 63 : bits >> width == 0
    }

    private func floatBits(size: Int, _ conversion: Conversion) -> UInt64? {
        switch size {
        #if !(os(macOS) && arch(x86_64))
            case 2: float(Float16.self, conversion).map { UInt64($0.bitPattern) }
        #endif
        case 4: float(Swift.Float.self, conversion).map { UInt64($0.bitPattern) }
        case 8: float(Double.self, conversion).map(\.bitPattern)
        default: nil
        }
    }

    /// Nil where `Number` cannot hold it.
    func integer<Number: FixedWidthInteger>(_: Number.Type, _ conversion: Conversion) -> Number? {
        switch self {
        case .signed(let number): Number(exactly: number)
        case .unsigned(let number): Number(exactly: number)
        case .float(let number):
            Number(exactly: conversion == .rounding ? number.rounded(.towardZero) : number)
        }
    }

    /// Nil where `Number` cannot hold it.
    func float<Number: BinaryFloatingPoint>(_: Number.Type, _ conversion: Conversion) -> Number? {
        switch self {
        case .signed(let number): conversion == .rounding ? Number(number) : Number(exactly: number)
        case .unsigned(let number): conversion == .rounding ? Number(number) : Number(exactly: number)
        case .float(let number):
            if number.isNaN {
                .nan
            } else {
                Self.finite(Number(number), number, mayRound: conversion == .rounding)
            }
        }
    }

    private static func finite<Number: BinaryFloatingPoint>(
        _ rounded: Number, _ number: Double, mayRound: Bool
    ) -> Number? {
        if mayRound { return rounded.isFinite || number.isInfinite ? rounded : nil }
        return Double(rounded) == number ? rounded : nil
    }
}

extension WideNumber: CustomStringConvertible {
    var description: String {
        switch self {
        case .signed(let number): "\(number)"
        case .unsigned(let number): "\(number)"
        case .float(let number): "\(number)"
        }
    }
}

extension ElementSource {
    /// Takes a number of the x87: 64 bits of mantissa, and two bytes with its exponent and sign.
    fileprivate mutating func takeExtended(size: Int) throws(ServiceError) -> Double {
        let mantissa = try takeBits(size: 8, order: .little)
        let head = Int(try takeBits(size: 2, order: .little))
        _ = try take(size - 10)
        let (exponent, isNegative) = (head & 0x7fff, head & 0x8000 != 0)
        if exponent == 0x7fff {
            let special = mantissa << 1 == 0 ? Double.infinity : .nan
            return isNegative ? -special : special
        }
        let number = Double(
            sign: isNegative ? .minus : .plus, exponent: exponent - 16_446, significand: Double(mantissa))
        // Below a Double's least bit nothing is left of it.
        let isExact =
            UInt64(exactly: Double(mantissa)) == mantissa
            && (mantissa == 0 || mantissa.trailingZeroBitCount + exponent >= 16_446 - 1074)
        guard conversion == .rounding || isExact, number.isFinite else {
            throw ServiceError(.invalid, "\(subject) holds extended floats, one of which is no Double without rounding")
        }
        return number
    }

    fileprivate mutating func takeNumber<Number>(
        _ type: Datatype, _ convert: (WideNumber, Conversion) -> Number?
    ) throws(ServiceError) -> Number {
        guard let number = try WideNumber(&self, type) else { throw mismatch(type, Number.self) }
        guard let value = convert(number, conversion) else {
            throw ServiceError(.invalid, "\(subject) holds \(number), which \(Number.self) cannot hold")
        }
        return value
    }

    fileprivate mutating func takeNumbers<Number: BitwiseCopyable>(
        _ count: Int, _ type: Datatype, native: Datatype, _ convert: (WideNumber, Conversion) -> Number?
    ) throws(ServiceError) -> [Number] {
        try check(count, of: type)
        if type == native { return try takeVerbatim(count) }
        var numbers: [Number] = []
        numbers.reserveCapacity(count)
        for _ in 0..<count { numbers.append(try takeNumber(type, convert)) }
        return numbers
    }
}

extension ElementSink {
    fileprivate mutating func append<Number>(
        _ number: WideNumber, as type: Datatype, _ given: Number.Type
    ) throws(ServiceError) {
        if number.append(to: &self, as: type) { return }
        throw type.holdsNumbers ? unfit(number, type) : mismatch(type, given)
    }
}

/// Integers of the same size and sign are taken as they are, all others one by one.
extension Element where Self: FixedWidthInteger & BitwiseCopyable {
    public static func datatype(for _: Self?) -> Datatype { native }

    private static var native: Datatype {
        .integer(.init(size: bitWidth / 8, isSigned: isSigned, order: .native))
    }

    public static func take(from source: inout ElementSource, as type: Datatype) throws(ServiceError) -> Self {
        try source.takeNumber(type) { $0.integer(Self.self, $1) }
    }

    public func append(to sink: inout ElementSink, as type: Datatype) throws(ServiceError) {
        try sink.append(Self.isSigned ? .signed(Int64(self)) : .unsigned(UInt64(self)), as: type, Self.self)
    }

    public static func take(
        _ count: Int, from source: inout ElementSource, as type: Datatype
    ) throws(ServiceError) -> [Self] {
        try source.takeNumbers(count, type, native: native) { $0.integer(Self.self, $1) }
    }

    public static func append(
        _ elements: [Self], to sink: inout ElementSink, as type: Datatype
    ) throws(ServiceError) {
        if type == native { return sink.append(verbatim: elements) }
        for element in elements { try element.append(to: &sink, as: type) }
    }
}

/// Floats of the same size are taken as they are, all other numbers one by one.
extension Element where Self: BinaryFloatingPoint & BitwiseCopyable {
    public static func datatype(for _: Self?) -> Datatype { native }

    private static var native: Datatype {
        .float(.init(size: MemoryLayout<Self>.size, order: .native))
    }

    public static func take(from source: inout ElementSource, as type: Datatype) throws(ServiceError) -> Self {
        try source.takeNumber(type) { $0.float(Self.self, $1) }
    }

    public func append(to sink: inout ElementSink, as type: Datatype) throws(ServiceError) {
        try sink.append(.float(Double(self)), as: type, Self.self)
    }

    public static func take(
        _ count: Int, from source: inout ElementSource, as type: Datatype
    ) throws(ServiceError) -> [Self] {
        try source.takeNumbers(count, type, native: native) { $0.float(Self.self, $1) }
    }

    public static func append(
        _ elements: [Self], to sink: inout ElementSink, as type: Datatype
    ) throws(ServiceError) {
        if type == native { return sink.append(verbatim: elements) }
        for element in elements { try element.append(to: &sink, as: type) }
    }
}

extension Datatype {
    fileprivate var holdsNumbers: Bool {
        switch self {
        case .integer, .float, .bitfield, .enumeration: true
        default: false
        }
    }
}

extension ByteOrder {
    /// The order in which this machine holds numbers.
    package static var native: ByteOrder { 1.littleEndian == 1 ? .little : .big }
}

extension Int: Element {}
extension Int8: Element {}
extension Int16: Element {}
extension Int32: Element {}
extension Int64: Element {}
extension UInt: Element {}
extension UInt8: Element {}
extension UInt16: Element {}
extension UInt32: Element {}
extension UInt64: Element {}
extension Float: Element {}
extension Double: Element {}

#if !(os(macOS) && arch(x86_64))
    extension Float16: Element {}
#endif

extension Double {
    /// Nil where Swift has no 16-bit floats.
    fileprivate init?(halfBits bits: UInt16) {
        #if os(macOS) && arch(x86_64)
            return nil
        #else
            self.init(Float16(bitPattern: bits))
        #endif
    }
}
