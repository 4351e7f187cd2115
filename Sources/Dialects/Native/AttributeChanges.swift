import H5Model
import HDF5JSON
import HTTPMessage
import LockedH5
import Routes

/// An attribute that a request describes.
struct AttributeBody {
    var name: HDF5Name
    var dataspace: Dataspace
    var datatype: Datatype
    /// Where the datatype is committed; nil for one of the attribute's own.
    var committedDatatype: ObjectPath?
    /// The elements in the packed type, as described at `Value`; none of a null dataspace.
    var bytes: [UInt8]

    /// What the request describes, unless its datatype is a committed one and known only with the file.
    /// - Throws: `invalid`, `unsupported`, `too_large`.
    static func read(
        _ request: WorkerRequest, _ body: RequestBody
    ) throws(ServiceError) -> OfAskedDatatype<AttributeBody> {
        try request.query.attributeName().checkAttribute()
        guard let text = request.query.first("datatype") else {
            return .described(try AttributeBody(request, body, nil))
        }
        switch try AskedDatatype(text: text) {
        case .described(let datatype): return .described(try AttributeBody(request, body, datatype))
        case .committed(let path): return .ofCommitted(path)
        }
    }

    /// What the request describes, whose datatype is `committed`.
    /// - Throws: `invalid`, `unsupported`, `too_large`.
    init(_ request: WorkerRequest, _ body: RequestBody, committed: FoundDatatype) throws(ServiceError) {
        try self.init(request, body, committed.datatype)
        committedDatatype = committed.path
    }

    private init(
        _ request: WorkerRequest, _ body: RequestBody, _ described: Datatype?
    ) throws(ServiceError) {
        name = try request.query.attributeName()
        var shape = try AskedShape(request.query)
        // As GET tells of a null dataspace.
        if shape == nil, try Self.isNull(body) { shape = .null }
        let value = try Self.value(body, described, shape, try ByteOrder.asked(by: request.query))
        datatype = described ?? value.datatype
        bytes = value.bytes
        dataspace = shape == .null ? .null : value.shape.isEmpty ? .scalar : .simple(value.shape, maximum: value.shape)
        try dataspace.checkStorable(elementSize: try datatype.checkStorable())
    }

    /// The whole value; empty where there is to be none.
    private static func value(
        _ body: RequestBody, _ described: Datatype?, _ shape: AskedShape?, _ order: ByteOrder?
    ) throws(ServiceError) -> Value {
        try ByteOrder.refuse(order, of: body)
        switch body {
        case .none where shape == .null, .json where shape == .null:
            try refuseValue(body)
            guard let described else { throw ServiceError(.invalid, "a null dataspace needs datatype=") }
            return Value(datatype: described.packed(), shape: [], bytes: [])
        case .none, .lines:
            throw ServiceError(.invalid, "the request has no body, which would be the attribute's value")
        case .json(let bytes):
            return try bytes.withBytes { text throws(ServiceError) in
                try Self.value(JSONSource(text: text), described, shape?.extents)
            }
        case .npy(let bytes):
            let value = try NumPyArray(bytes).value(as: described?.packed())
            guard let shape = shape?.extents else { return value }
            return try value.broadcast(to: shape)
        case .octetStream(let bytes):
            guard let described else { throw ServiceError(.invalid, "a body of bytes needs datatype=") }
            return try Self.value(bytes, described.packed(), shape?.extents ?? [], order)
        }
    }

    private static func isNull(_ body: RequestBody) throws(ServiceError) -> Bool {
        guard case .json(let bytes) = body, bytes.count <= 64 else { return false }
        return try bytes.withBytes { text throws(ServiceError) in
            String(decoding: text, as: UTF8.self).split(whereSeparator: \.isWhitespace) == ["null"]
        }
    }

    /// A null dataspace has no value but JSON's null.
    private static func refuseValue(_ body: RequestBody) throws(ServiceError) {
        guard case .json(let bytes) = body else { return }
        try bytes.withBytes { text throws(ServiceError) in
            if text.isEmpty || text.elementsEqual("null".utf8) { return }
            throw ServiceError(.invalid, "a null dataspace (shape=null) has no value but null")
        }
    }

    private static func value(
        _ text: JSONSource, _ described: Datatype?, _ shape: Shape?
    ) throws(ServiceError) -> Value {
        let type = if let described { described } else { try ValueInference.datatype(of: text) }
        let value = try ValueDecoder(type.packed()).decode(text, rank: shape?.count)
        guard let shape else { return value }
        return try value.broadcast(to: shape)
    }

    static func value(
        _ body: BodyBytes, _ type: Datatype, _ shape: Shape, _ order: ByteOrder?
    ) throws(ServiceError) -> Value {
        if let reason = type.unsupportedReason {
            throw ServiceError(.unsupported, "values of \(reason) are not served")
        }
        var bytes: [UInt8] = []
        let writer = try ValueWriter(Selection(all: shape), as: type, chunk: nil, window: ValueDecoder.largest)
        try writer.write(body, order: order) { _, part in bytes.append(contentsOf: part) }
        return Value(datatype: type, shape: shape, bytes: bytes)
    }
}

/// The parameter `shape`, as the header field `X-HDF5-Shape` has it: `4,6`, nothing for a scalar, or `null`.
private enum AskedShape: Equatable {
    case null
    case extents(Shape)

    /// - Returns: Nil where it is not given.
    /// - Throws: `invalid`.
    init?(_ query: Query) throws(ServiceError) {
        guard let text = try query.utf8("shape") else { return nil }
        if text == "null" {
            self = .null
            return
        }
        let parts = text.isEmpty ? [] : text.split(separator: ",", omittingEmptySubsequences: false)
        let extents = parts.compactMap { $0.utf8.first == UInt8(ascii: "+") ? nil : Int($0) }
        guard extents.count == parts.count, extents.allSatisfy({ $0 >= 0 }) else {
            throw ServiceError(.invalid, "shape=\(text.abbreviated) is no list of extents such as 4,6, and not null")
        }
        self = .extents(extents)
    }

    var extents: Shape? {
        if case .extents(let shape) = self { shape } else { nil }
    }
}

extension NativeDialect {
    // PUT /v1/attributes/FILE/PATH?name=NAME
    static func putAttribute(
        _ request: WorkerRequest, _ body: AttributeBody, _ file: borrowing WritableFile, _ limits: Limits
    ) throws(ServiceError) -> WorkerAnswer {
        let isNew = try file.setAttribute(
            body.name, of: request.object, dataspace: body.dataspace, datatype: body.datatype,
            committedDatatype: body.committedDatatype, bytes: body.bytes)
        let answer = try attribute(request, body.name, file, limits)
        return isNew ? answer.created(at: request, .attributes) : answer
    }

    // PATCH /v1/attributes/FILE/PATH?name=NAME
    static func modifyAttribute(
        _ request: WorkerRequest, _ name: HDF5Name, _ body: RequestBody, _ file: borrowing WritableFile,
        _ limits: Limits
    ) throws(ServiceError) -> WorkerAnswer {
        let info = try file.contents.attribute(name, of: request.object, limit: limits.value).info
        let type = info.datatype.packed()
        guard let shape = info.dataspace.shape else {
            throw ServiceError(
                .invalid, "the attribute \"\(name)\" of \(request.object) has a null dataspace, which holds no value")
        }
        let value: Value
        switch body {
        case .none, .lines:
            throw ServiceError(.invalid, "the request has no body, which would be the attribute's value")
        case .octetStream(let bytes): value = try AttributeBody.value(bytes, type, shape, nil)
        case .npy(let bytes): value = try NumPyArray(bytes).value(as: type).broadcast(to: shape)
        case .json(let bytes):
            value = try bytes.withBytes { text throws(ServiceError) in
                try ValueDecoder(type).decode(JSONSource(text: text), rank: shape.count).broadcast(to: shape)
            }
        }
        try file.modifyAttribute(name, of: request.object, bytes: value.bytes)
        return try attribute(request, name, file, limits)
    }

    // DELETE /v1/attributes/FILE/PATH?name=NAME
    static func removeAttribute(
        _ request: WorkerRequest, _ name: HDF5Name, _ file: borrowing WritableFile
    ) throws(ServiceError) -> WorkerAnswer {
        try file.removeAttribute(name, of: request.object)
        return .empty
    }

    /// One attribute as the list of all has it.
    private static func attribute(
        _ request: WorkerRequest, _ name: HDF5Name, _ file: borrowing WritableFile, _ limits: Limits
    ) throws(ServiceError) -> WorkerAnswer {
        let attribute = try file.contents.attribute(name, of: request.object, limit: limits.value)
        return try .object(request) { json throws(ServiceError) in
            try json.members(of: attribute, ValueOptions())
        }
    }
}
