public import H5Model
import HTTPTypes

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension HDF5Client {
    /// The properties of a file.
    public func describeFile(
        _ file: ServedPath, options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> FileDescription {
        try await describe(ResourceTarget("files", file: file), options)
    }

    /// The properties of a group, without its members.
    public func describeGroup(
        _ path: ObjectPath, in file: ServedPath, options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> GroupDescription {
        var target = ResourceTarget("groups", file: file, object: path)
        target.add("limit", "1")
        return try await describe(target, options)
    }

    /// The properties of a dataset, without its values.
    public func describeDataset(
        _ path: ObjectPath, in file: ServedPath, options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> DatasetDescription {
        try await taggedDescription(of: path, in: file, options: options).content
    }

    /// The same, with the tag of its state.
    func taggedDescription(
        of path: ObjectPath, in file: ServedPath, options: CallOptions
    ) async throws(HDF5ClientError) -> Tagged<DatasetDescription> {
        let target = ResourceTarget("datasets", file: file, object: path)
        let answer = try await send(request(target, options), options)
        return Tagged(content: try answer.decode(), tag: answer.tag)
    }

    /// The last link of a path, and what it leads to.
    public func describeLink(
        _ path: ObjectPath, in file: ServedPath, options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> LinkDescription {
        try await describe(ResourceTarget("links", file: file, object: path), options)
    }

    /// All attributes of an object with their values, in the object's native order.
    public func attributes(
        of path: ObjectPath, in file: ServedPath, options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> [AttributeDescription] {
        let target = ResourceTarget("attributes", file: file, object: path)
        let answer = try await send(request(target, options), options)
        return try answer.understood {
            try JSONMembers(answer.body).members.map { key, value in
                let name = try JSONDecoder().decode(String.self, from: Data(key))
                let json = try JSONDecoder().decode(AttributeJSON.self, from: Data(value))
                return json.attribute(named: name)
            }
        }
    }

    /// The bytes of a file itself, whole or from `range`.
    ///
    /// A range that goes past the file's end gives fewer bytes, one that begins there fails with `out_of_bounds`.
    public func raw(
        _ file: ServedPath, range: Range<Int>? = nil, options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> [UInt8] {
        guard let range else { return try await send(request(rangeOf: file, nil, options), options).body }
        guard !range.isEmpty, range.lowerBound >= 0 else {
            throw HDF5ClientError(.notSent("\(range) is no range of bytes that could be asked for"))
        }
        let answer = try await send(request(rangeOf: file, range, options), options)
        let last = range.lowerBound + answer.body.count - 1
        let given = answer.head.headerFields[.contentRange]
        guard answer.head.status.code == 206, range.contains(last), let given,
            given.hasPrefix("bytes \(range.lowerBound)-\(last)/")
        else { throw answer.notUnderstood("its range is \(given ?? "missing"), not the one asked for") }
        return answer.body
    }

    /// A request for bytes of a file itself, for all where there is no range.
    func request(rangeOf file: ServedPath, _ range: Range<Int>?, _ options: CallOptions) -> HTTPRequest {
        var request = request(ResourceTarget("raw", file: file), accept: "application/x-hdf5", options)
        request.headerFields[.range] = range.map { "bytes=\($0.lowerBound)-\($0.upperBound - 1)" }
        return request
    }
}

/// An attribute in the listing of all, where its name is the key.
private struct AttributeJSON: Decodable {
    let nameBytes: Data?
    let datatype: Datatype
    let shape: Shape?
    let value: JSONValue

    init(from decoder: any Decoder) throws {
        let fields = try JSONFields(decoder)
        nameBytes = try fields.optional("nameBase64")
        datatype = try fields.datatype("datatype")
        shape = try fields.optional("shape")
        value = try fields["value"]
    }

    func attribute(named name: String) -> AttributeDescription {
        AttributeDescription(
            name: nameBytes.map { HDF5Name(bytes: $0) } ?? HDF5Name(name), datatype: datatype, shape: shape,
            value: value)
    }
}
