public import H5Model
import HDF5JSON
import HTTPMessage
import HTTPTypes

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension HDF5Client {
    /// The values of a dataset, row-major; none for a null dataspace.
    ///
    /// - Parameters:
    ///   - select: h5py's slices, `0:10,5,::2`; nil selects everything.
    /// - Throws: `notConvertible` where the dataset's type has values that `Element` cannot hold exactly.
    public func read<Element: HDF5Element>(
        _ path: ObjectPath, in file: ServedPath, select: String? = nil, as type: Element.Type = Element.self,
        options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> [Element] {
        try await value(of: path, in: file, select: select, options: options)?.elements(as: type) ?? []
    }

    /// The values of a dataset as bytes with their shape and datatype; nil for a null dataspace.
    ///
    /// Numbers are little-endian, compounds packed.
    ///
    /// - Parameters:
    ///   - select: h5py's slices, `0:10,5,::2`; nil selects everything.
    ///   - fields: The fields of a compound to read, in this order; none reads all.
    public func value(
        of path: ObjectPath, in file: ServedPath, select: String? = nil, fields: [HDF5Name] = [],
        options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> Value? {
        try await taggedValue(of: path, in: file, select: select, fields: fields, options: options).content
    }

    /// The values of a dataset, as `value` gives them, with the tag of their state.
    public func taggedValue(
        of path: ObjectPath, in file: ServedPath, select: String? = nil, fields: [HDF5Name] = [],
        options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> Tagged<Value?> {
        try await value(
            ResourceTarget(littleEndianValuesOf: path, in: file, select: select, fields: fields), options)
    }

    /// The values of an attribute, row-major; none for a null dataspace.
    ///
    /// - Throws: `notConvertible` where the attribute's type has values that `Element` cannot hold exactly.
    public func readAttribute<Element: HDF5Element>(
        _ name: HDF5Name, of path: ObjectPath, in file: ServedPath, as type: Element.Type = Element.self,
        options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> [Element] {
        try await value(ofAttribute: name, of: path, in: file, options: options)?.elements(as: type) ?? []
    }

    /// The value of an attribute as bytes with its shape and datatype; nil for a null dataspace.
    ///
    /// Numbers are little-endian, compounds packed.
    public func value(
        ofAttribute name: HDF5Name, of path: ObjectPath, in file: ServedPath, options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> Value? {
        var target = ResourceTarget(attribute: name, of: path, in: file)
        target.add("order", "little")
        return try await value(target, options).content
    }

    /// The values of a resource, in the byte order that the target asks for.
    func value(
        _ target: ResourceTarget, _ options: CallOptions
    ) async throws(HDF5ClientError) -> Tagged<Value?> {
        let answer = try await send(request(target, accept: "application/octet-stream", options), options)
        return Tagged(content: try answer.value(), tag: answer.tag)
    }
}

extension Answer {
    /// The values in the body, described by the header.
    fileprivate func value() throws(HDF5ClientError) -> Value? {
        guard head.headerFields[.contentType] == "application/octet-stream" else {
            throw notUnderstood("it is \(head.headerFields[.contentType] ?? "of no media type"), not bytes of values")
        }
        guard let shape = try shape() else { return nil }
        let value = Value(datatype: try datatype(), shape: shape, bytes: body)
        if !value.datatype.hasVariableLength && !value.isComplete {
            throw notUnderstood("\(body.count) bytes are not \(value.datatype) in the shape \(shape)")
        }
        return value
    }

    /// Nil for a null dataspace.
    private func shape() throws(HDF5ClientError) -> Shape? {
        guard let text = head.headerFields[.hdf5Shape] else { throw notUnderstood("the values have no shape") }
        if text == "null" { return nil }
        var shape: Shape = []
        for part in text.split(separator: ",") {
            guard let extent = Int(part), extent >= 0 else { throw notUnderstood("\"\(text)\" is no shape") }
            shape.append(extent)
        }
        return shape
    }

    /// The server leaves out a description that is too long for a header.
    private func datatype() throws(HDF5ClientError) -> Datatype {
        guard let text = head.headerFields[.hdf5Datatype] else {
            throw notUnderstood("the datatype is not named; with fewer fields it may be")
        }
        return try understood { try DatatypeJSON.read(text: Array(text.utf8)) }
    }
}

extension Value {
    /// Whether there are as many bytes as elements of one size take.
    fileprivate var isComplete: Bool {
        guard let count = shape.elementCount else { return false }
        let (size, overflow) = count.multipliedReportingOverflow(by: datatype.size)
        return !overflow && size == bytes.count
    }
}
