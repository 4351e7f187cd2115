public import H5Elements
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
    /// - Throws: `wrong_kind` for a datatype that is not read as `E`; `invalid` for a value that `E` cannot hold exactly.
    public func read<E: Element>(
        _ path: ObjectPath, in file: ServedPath, select: String? = nil, as type: E.Type = E.self,
        options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> [E] {
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
    /// - Throws: As `read`.
    public func readAttribute<E: Element>(
        _ name: HDF5Name, of path: ObjectPath, in file: ServedPath, as type: E.Type = E.self,
        options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> [E] {
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
    /// - Parameter known: The datatype, for an answer whose header has no room for it.
    /// - Returns: Nil for a null dataspace.
    func value(as known: Datatype? = nil) throws(HDF5ClientError) -> Value? {
        try valueAndType(as: known).value
    }

    /// The values in the body with their datatype, which a null dataspace has too.
    func valueAndType(as known: Datatype? = nil) throws(HDF5ClientError) -> (value: Value?, datatype: Datatype) {
        guard head.headerFields[.contentType] == "application/octet-stream" else {
            throw notUnderstood("it is \(head.headerFields[.contentType] ?? "of no media type"), not bytes of values")
        }
        let datatype = try datatype(known)
        guard let shape = try shape() else { return (nil, datatype) }
        let value = Value(datatype: datatype, shape: shape, bytes: body)
        if !value.datatype.hasVariableLength && !value.isComplete {
            throw notUnderstood("\(body.count) bytes are not \(value.datatype) in the shape \(shape)")
        }
        return (value, datatype)
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

    /// The datatype that the header tells; nil where its description is too long for a header, and where it is NumPy's name
    /// of a type that has several forms.
    var toldDatatype: Datatype? {
        head.headerFields[.hdf5Datatype].flatMap { try? DatatypeJSON.read(text: Array($0.utf8)) }
    }

    private func datatype(_ known: Datatype?) throws(HDF5ClientError) -> Datatype {
        if let type = toldDatatype ?? known { return type }
        throw notUnderstood(
            head.headerFields[.hdf5Datatype].map { "\"\($0)\" is no datatype" }
                ?? "the datatype is not named; with fewer fields it may be")
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
