public import H5Model
import HDF5JSON
import HTTPMessage
import HTTPTypes

extension HDF5Client {
    /// Writes elements to a dataset, or to a selection of it, all or nothing.
    ///
    /// They are sent as JSON and become the dataset's datatype on the server: a number that does not fit, or a fraction
    /// for an integer, is refused with `invalid`. For much, a `Value` takes fewer bytes.
    ///
    /// - Parameters:
    ///   - elements: Row-major.
    ///   - shape: Theirs; nil for a list. It is the selection's, or one that NumPy would broadcast to it: `[]` and one
    ///     element write that everywhere.
    ///   - select: h5py's slices, `0:10,5,::2`; nil selects everything.
    /// - Returns: The tag of what was written.
    @discardableResult
    public func write<Element: HDF5Element>(
        _ elements: [Element], shape: Shape? = nil, to path: ObjectPath, in file: ServedPath, select: String? = nil,
        options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> EntityTag? {
        let target = ResourceTarget(valuesOf: path, in: file, select: select)
        let json = try JSONWriter.nested(elements, shape: shape ?? [elements.count])
        return try await send(request(target, method: .put, options), json: json, options).tag
    }

    /// Writes the bytes of a value to a dataset, or to a selection or some fields of it, all or nothing.
    ///
    /// The server takes them for elements of the dataset's own datatype: it must be the value's, its padding and the
    /// byte order aside. What was read with `value(of:)` is in this form.
    ///
    /// - Parameters:
    ///   - value: As many elements as are selected.
    ///   - fields: The fields of a compound that the value has, in this order; others stay as they are.
    /// - Returns: The tag of what was written.
    @discardableResult
    public func write(
        _ value: Value, to path: ObjectPath, in file: ServedPath, select: String? = nil, fields: [HDF5Name] = [],
        options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> EntityTag? {
        var target = ResourceTarget(valuesOf: path, in: file, select: select, fields: fields)
        let order = try value.datatype.order()
        target.add("order", order.map { $0 == .little ? "little" : "big" })
        return try await send(request(target, method: .put, options), bytes: value.bytes, options).tag
    }

    /// Makes an attribute of one element, or replaces it.
    @discardableResult
    public func setAttribute(
        _ name: HDF5Name, of path: ObjectPath, in file: ServedPath, to element: some HDF5Element,
        options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> EntityTag? {
        try await setAttribute(name, of: path, in: file, to: [element], shape: [], options: options)
    }

    /// Makes an attribute, or replaces it; its datatype is the one of Swift's type, strings are of variable length.
    ///
    /// - Parameters:
    ///   - elements: Row-major.
    ///   - shape: The attribute's; nil for a list.
    @discardableResult
    public func setAttribute<Element: HDF5Element>(
        _ name: HDF5Name, of path: ObjectPath, in file: ServedPath, to elements: [Element], shape: Shape? = nil,
        options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> EntityTag? {
        let shape = shape ?? [elements.count]
        let json = try JSONWriter.nested(elements, shape: shape)
        let target = ResourceTarget(attribute: name, of: path, in: file, Element.hdf5Datatype, shape)
        return try await send(request(target, method: .put, options), json: json, options).tag
    }

    /// Makes an attribute of a value's datatype and shape, or replaces it.
    @discardableResult
    public func setAttribute(
        _ name: HDF5Name, of path: ObjectPath, in file: ServedPath, value: Value,
        options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> EntityTag? {
        let target = ResourceTarget(attribute: name, of: path, in: file, value.datatype, value.shape)
        return try await send(request(target, method: .put, options), bytes: value.bytes, options).tag
    }

    /// Removes an attribute.
    @discardableResult
    public func removeAttribute(
        _ name: HDF5Name, of path: ObjectPath, in file: ServedPath, options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> EntityTag? {
        let target = ResourceTarget(attribute: name, of: path, in: file)
        return try await send(request(target, method: .delete, options), options).tag
    }

    /// Sends JSON.
    func send(
        _ request: HTTPRequest, json: [UInt8], _ options: CallOptions
    ) async throws(HDF5ClientError) -> Answer {
        var request = request
        request.headerFields[.contentType] = "application/json"
        return try await send(request, body: json, options)
    }

    /// Sends the bytes of values.
    func send(
        _ request: HTTPRequest, bytes: [UInt8], _ options: CallOptions
    ) async throws(HDF5ClientError) -> Answer {
        var request = request
        request.headerFields[.contentType] = "application/octet-stream"
        return try await send(request, body: bytes, options)
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
    fileprivate init(
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
