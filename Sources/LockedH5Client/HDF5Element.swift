public import H5Model
import HDF5JSON

/// A Swift type as which values can be read and written.
public protocol HDF5Element: Sendable {
    /// The datatype of new attributes of this type.
    static var hdf5Datatype: Datatype { get }

    /// The elements of a value, row-major; nil where its datatype has values that this type cannot hold exactly.
    static func elements(of value: Value) -> [Self]?

    /// The bytes of a value of that datatype, as `Value` has them; nil where an element does not fit in it.
    ///
    /// Integers and floats become one another where nothing is lost; floats are rounded to the datatype's precision.
    static func bytes(of elements: [Self], as datatype: Datatype) -> [UInt8]?

    /// The element as the server takes values in JSON.
    var jsonValue: JSONValue { get }
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

    /// The same datatype and shape with other elements.
    /// - Throws: `notConvertible` where one does not fit, `notSent` where there are not as many.
    func replacing<Element: HDF5Element>(_ elements: [Element]) throws(HDF5ClientError) -> Value {
        guard elements.count == shape.elementCount else {
            throw HDF5ClientError(.notSent("\(elements.count) elements are not as many as the shape \(shape) has"))
        }
        guard let bytes = Element.bytes(of: elements, as: datatype) else {
            throw HDF5ClientError(.notConvertible("not every element fits in \(datatype)"))
        }
        return Value(datatype: datatype, shape: shape, bytes: bytes)
    }
}

extension HDF5Element where Self: FixedWidthInteger {
    public static var hdf5Datatype: Datatype {
        .integer(.init(size: MemoryLayout<Self>.size, isSigned: isSigned))
    }

    public static func elements(of value: Value) -> [Self]? {
        value.integers(as: IntegerWidening<Self>.self)
    }

    public static func bytes(of elements: [Self], as datatype: Datatype) -> [UInt8]? {
        datatype.bytes(of: elements, integer: { IntegerNarrowing(value: $0) }, float: { Double(exactly: $0) })
    }

    public var jsonValue: JSONValue {
        Int64(exactly: self).map(JSONValue.integer) ?? .unsigned(UInt64(truncatingIfNeeded: self))
    }
}

extension HDF5Element where Self: BinaryFloatingPoint {
    public static var hdf5Datatype: Datatype { .float(.init(size: MemoryLayout<Self>.size)) }

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

    public static func bytes(of elements: [Self], as datatype: Datatype) -> [UInt8]? {
        datatype.bytes(of: elements, integer: { FloatNarrowing(value: $0) }, float: { Double($0) })
    }

    /// Its own shortest digits, which are fewer than those of the `Double` that it becomes.
    public var jsonValue: JSONValue { .number(Double("\(self)") ?? Double(self)) }
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
    public static var hdf5Datatype: Datatype { .boolean }

    public static func elements(of value: Value) -> [Bool]? {
        value.datatype.isBoolean ? value.bytes.map { $0 != 0 } : nil
    }

    public static func bytes(of elements: [Bool], as datatype: Datatype) -> [UInt8]? {
        datatype.isBoolean ? elements.map { $0 ? 1 : 0 } : nil
    }

    public var jsonValue: JSONValue { .bool(self) }
}

extension String: HDF5Element {
    public static var hdf5Datatype: Datatype { .text }

    /// Padding is removed; nil also where a string is not UTF-8.
    public static func elements(of value: Value) -> [String]? {
        switch value.datatype {
        case .string(let type): value.strings(type)
        case .variableString: value.variableStrings()
        default: nil
        }
    }

    /// Padding is added.
    public static func bytes(of elements: [String], as datatype: Datatype) -> [UInt8]? {
        switch datatype {
        case .string(let type): type.bytes(of: elements)
        case .variableString(let set, _): set.variableBytes(of: elements)
        default: nil
        }
    }

    public var jsonValue: JSONValue { .string(self) }
}
