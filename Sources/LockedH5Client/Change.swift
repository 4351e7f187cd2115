import H5Model
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

    static func write<Element: HDF5Element>(
        _ elements: [Element], _ shape: Shape?, to path: ObjectPath, in file: ServedPath, select: String?
    ) throws(HDF5ClientError) -> Change {
        Change(
            target: ResourceTarget(valuesOf: path, in: file, select: select),
            body: .json(try JSONWriter.nested(elements, shape: shape ?? [elements.count])))
    }

    static func write(
        _ value: Value, to path: ObjectPath, in file: ServedPath, select: String?, fields: [HDF5Name]
    ) throws(HDF5ClientError) -> Change {
        var target = ResourceTarget(valuesOf: path, in: file, select: select, fields: fields)
        let order = try value.datatype.order()
        target.add("order", order.map { $0 == .little ? "little" : "big" })
        return Change(target: target, body: .bytes(value.bytes))
    }

    static func setAttribute<Element: HDF5Element>(
        _ name: HDF5Name, of path: ObjectPath, in file: ServedPath, to elements: [Element], _ shape: Shape?
    ) throws(HDF5ClientError) -> Change {
        let shape = shape ?? [elements.count]
        return Change(
            target: ResourceTarget(attribute: name, of: path, in: file, Element.hdf5Datatype, shape),
            body: .json(try JSONWriter.nested(elements, shape: shape)))
    }

    static func setAttribute(
        _ name: HDF5Name, of path: ObjectPath, in file: ServedPath, _ value: Value
    ) -> Change {
        Change(
            target: ResourceTarget(attribute: name, of: path, in: file, value.datatype, value.shape),
            body: .bytes(value.bytes))
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

    /// The target of an attribute that is to be made of that datatype and shape.
    init(
        attribute name: HDF5Name, of path: ObjectPath, in file: ServedPath, _ datatype: Datatype, _ shape: Shape
    ) {
        self.init(attribute: name, of: path, in: file)
        var json = JSONWriter()
        DatatypeJSON.write(datatype, to: &json)
        add("datatype", bytes: json.bytes)
        add("shape", shape.map(String.init).joined(separator: ","))
    }
}

extension Datatype {
    /// The byte order of all numbers; nil where there are both, as they are stored.
    /// - Throws: `notConvertible` where it is not packed, as values travel.
    fileprivate func order() throws(HDF5ClientError) -> ByteOrder? {
        let packed = packed()
        guard packed.size == size else {
            throw HDF5ClientError(.notConvertible("the bytes of a value have no padding, as those of \(self) would"))
        }
        return [ByteOrder.little, .big].first { packed == self.packed(order: $0) }
    }
}

extension JSONWriter {
    /// The text of nested lists of elements in a shape.
    /// - Throws: `notSent` where there are not as many.
    static func nested<Element: HDF5Element>(
        _ elements: [Element], shape: Shape
    ) throws(HDF5ClientError) -> [UInt8] {
        guard shape.elementCount == elements.count, shape.allSatisfy({ $0 >= 0 }) else {
            throw HDF5ClientError(.notSent("\(elements.count) elements are not as many as the shape \(shape) has"))
        }
        var json = JSONWriter()
        var place = 0
        json.append(elements, shape[...], &place)
        return json.bytes
    }

    private mutating func append<Element: HDF5Element>(
        _ elements: [Element], _ shape: ArraySlice<Int>, _ place: inout Int
    ) {
        guard let extent = shape.first else {
            elements[place].jsonValue.write(to: &self)
            place += 1
            return
        }
        array { json in
            for _ in 0..<extent { json.append(elements, shape.dropFirst(), &place) }
        }
    }
}
