public import H5Model

/// A Swift type as which values can be read.
public protocol HDF5Element: Sendable {
    /// The elements of a value, row-major; nil where its datatype has values that this type cannot hold exactly.
    static func elements(of value: Value) -> [Self]?
}

extension Value {
    /// The elements, row-major.
    ///
    /// Any type that holds every value of the datatype does: `Int` and `Double` take a signed 16-bit integer, `Int32`
    /// and `Float` do not take one of 64 bits. An enumeration is read as its integers, h5py's boolean also as `Bool`.
    /// - Throws: `notConvertible`.
    public func elements<Element: HDF5Element>(as type: Element.Type) throws(HDF5ClientError) -> [Element] {
        guard let elements = Element.elements(of: self) else {
            throw HDF5ClientError(.notConvertible("\(datatype) cannot be read as \(type) without loss"))
        }
        return elements
    }
}

extension HDF5Element where Self: FixedWidthInteger {
    public static func elements(of value: Value) -> [Self]? {
        value.integers(as: IntegerWidening<Self>.self)
    }
}

extension HDF5Element where Self: BinaryFloatingPoint {
    public static func elements(of value: Value) -> [Self]? {
        guard case .float(let type) = value.datatype else { return value.integers(as: FloatWidening<Self>.self) }
        if type.size > MemoryLayout<Self>.size { return nil }
        switch type.size {
        case 4: return value.numbers(type.order) { (bits: UInt32) in Self(Float(bitPattern: bits)) }
        case 8: return value.numbers(type.order) { (bits: UInt64) in Self(Double(bitPattern: bits)) }
        #if !(os(macOS) && arch(x86_64))
            case 2: return value.numbers(type.order) { (bits: UInt16) in Self(Float16(bitPattern: bits)) }
        #endif
        default: return nil
        }
    }
}

extension Int: HDF5Element {}
extension Int8: HDF5Element {}
extension Int16: HDF5Element {}
extension Int32: HDF5Element {}
extension Int64: HDF5Element {}
extension UInt: HDF5Element {}
extension UInt8: HDF5Element {}
extension UInt16: HDF5Element {}
extension UInt32: HDF5Element {}
extension UInt64: HDF5Element {}
extension Float: HDF5Element {}
extension Double: HDF5Element {}

extension Bool: HDF5Element {
    public static func elements(of value: Value) -> [Bool]? {
        value.datatype.isBoolean ? value.bytes.map { $0 != 0 } : nil
    }
}

extension String: HDF5Element {
    /// Padding is removed; nil also where a string is not UTF-8.
    public static func elements(of value: Value) -> [String]? {
        switch value.datatype {
        case .string(let type): value.strings(type)
        case .variableString: value.variableStrings()
        default: nil
        }
    }
}
