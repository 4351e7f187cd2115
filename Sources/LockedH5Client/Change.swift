public import H5Elements
public import H5Model
import HDF5JSON
import HTTPMessage
import HTTPTypes

/// A request that changes an object, to be sent by itself or in a batch.
struct Change: Sendable {
    enum Body: Sendable {
        case none
        case json([UInt8])
        /// Elements of values.
        case bytes([UInt8])

        var mediaType: String? {
            switch self {
            case .none: nil
            case .json: "application/json"
            case .bytes: "application/octet-stream"
            }
        }

        var content: [UInt8]? {
            switch self {
            case .none: nil
            case .json(let content), .bytes(let content): content
            }
        }
    }

    var method = HTTPRequest.Method.put
    var target: ResourceTarget
    var body = Body.none
    /// What comes of it when it is made twice, where the method does not tell that.
    var repetition: Repetition?

    static func write<E: Element>(
        _ elements: [E], _ shape: Shape?, to path: ObjectPath, in file: ServedPath, select: String?
    ) throws(HDF5ClientError) -> Change {
        Change(
            target: ResourceTarget(valuesOf: path, in: file, select: select),
            body: .json(try Value(elements, shape).text))
    }

    static func write(
        _ value: Value, to path: ObjectPath, in file: ServedPath, select: String?, fields: [HDF5Name]
    ) throws(HDF5ClientError) -> Change {
        var target = ResourceTarget(valuesOf: path, in: file, select: select, fields: fields)
        let order = try value.datatype.order()
        target.add("order", order.map { $0 == .little ? "little" : "big" })
        return Change(target: target, body: .bytes(value.bytes))
    }

    static func setAttribute<E: Element>(
        _ name: HDF5Name, of path: ObjectPath, in file: ServedPath, to elements: [E], _ shape: Shape?
    ) throws(HDF5ClientError) -> Change {
        try setAttribute(name, of: path, in: file, try Value(elements, shape))
    }

    static func setAttribute(
        _ name: HDF5Name, of path: ObjectPath, in file: ServedPath, _ value: Value
    ) throws(HDF5ClientError) -> Change {
        // A body without a byte is none.
        Change(
            target: ResourceTarget(attribute: name, of: path, in: file, value.datatype, value.shape),
            body: value.bytes.isEmpty ? .json(try value.text) : .bytes(value.bytes))
    }

    static func removeAttribute(_ name: HDF5Name, of path: ObjectPath, in file: ServedPath) -> Change {
        Change(method: .delete, target: ResourceTarget(attribute: name, of: path, in: file))
    }
}

extension ResourceTarget {
    /// The target of a dataset's values, whose byte order is not said.
    init(valuesOf path: ObjectPath, in file: ServedPath, select: String?, fields: [HDF5Name] = []) {
        self.init("values", file: file, object: path)
        add("select", select)
        for field in fields { add("field", bytes: field.bytes) }
    }

    /// The target of a dataset's values as bytes whose numbers are little-endian.
    init(littleEndianValuesOf path: ObjectPath, in file: ServedPath, select: String?, fields: [HDF5Name] = []) {
        self.init(valuesOf: path, in: file, select: select, fields: fields)
        add("order", "little")
    }

    /// The target of one attribute.
    init(attribute name: HDF5Name, of path: ObjectPath, in file: ServedPath) {
        self.init("attributes", file: file, object: path)
        add("name", bytes: name.bytes)
    }

    /// The target of an attribute that is to be made of that datatype and shape, which is nil for a null dataspace.
    init(
        attribute name: HDF5Name, of path: ObjectPath, in file: ServedPath, _ datatype: Datatype, _ shape: Shape?
    ) {
        self.init(attribute: name, of: path, in: file)
        var json = JSONWriter()
        DatatypeJSON.write(datatype, to: &json)
        add("datatype", bytes: json.bytes)
        add("shape", shape?.map(String.init).joined(separator: ",") ?? "null")
    }
}

extension Datatype {
    /// The byte order of all numbers; nil where there are both, as they are stored.
    /// - Throws: `invalid` where it is not packed, as values travel.
    fileprivate func order() throws(HDF5ClientError) -> ByteOrder? {
        let packed = packed()
        guard packed.size == size else {
            throw HDF5ClientError(
                ServiceError(.invalid, "the bytes of a value have no padding, as those of \(title) would"))
        }
        return [ByteOrder.little, .big].first { packed == self.packed(order: $0) }
    }
}

extension Value {
    /// Elements in the datatype of new attributes of their type; a list where there is no shape.
    /// - Throws: `invalid` where there are not as many as the shape has.
    init<E: Element>(_ elements: [E], _ shape: Shape?) throws(HDF5ClientError) {
        self = try locally { () throws(ServiceError) in
            let type = try E.datatype(for: elements.first)
            let array = try NDArray(shape: shape ?? [elements.count], elements)
            return Value(datatype: type, shape: array.shape, bytes: try array.bytes(as: type, .lossless, "the value"))
        }
    }

    /// The value as JSON.
    var text: [UInt8] {
        get throws(HDF5ClientError) {
            try locally { () throws(ServiceError) in
                try ValueJSON.text(Value(datatype: datatype.packed(), shape: shape, bytes: bytes))
            }
        }
    }

    /// The elements, row-major.
    /// - Throws: `wrong_kind`, and `invalid` where one does not fit.
    public func elements<E: Element>(as _: E.Type) throws(HDF5ClientError) -> [E] {
        try locally { () throws(ServiceError) in
            try NDArray<E>(bytes, shape: shape, as: datatype, .lossless, "the value").elements
        }
    }

    /// The same datatype and shape with other elements.
    /// - Throws: `invalid` where one does not fit, and where there are not as many.
    func replacing<E: Element>(_ elements: [E]) throws(HDF5ClientError) -> Value {
        guard elements.count == shape.elementCount else {
            throw HDF5ClientError(
                ServiceError(.invalid, "\(elements.count) elements are not as many as the shape \(shape) has"))
        }
        return Value(datatype: datatype, shape: shape, bytes: try datatype.bytes(of: elements))
    }
}

extension Datatype {
    /// Elements of this type as they travel; floats are rounded to floats of fewer digits.
    /// - Throws: `wrong_kind`; `invalid` where one does not fit.
    func bytes<E: Element>(of elements: [E]) throws(HDF5ClientError) -> [UInt8] {
        let conversion = if case .float = self { Conversion.rounding } else { Conversion.lossless }
        return try locally { () throws(ServiceError) in
            try NDArray(elements).bytes(as: self, conversion, "the dataset")
        }
    }
}
