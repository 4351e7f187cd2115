import H5Model
import HDF5JSON
import HTTPMessage
import HTTPTypes
import LockedH5
import Routes

extension NativeDialect {
    // GET /v1/attributes/FILE/PATH
    static func getAttributes(
        _ request: WorkerRequest, _ file: borrowing ReadableFile, _ limits: Limits
    ) throws(ServiceError) -> WorkerAnswer {
        let options = try ValueOptions(request.query)
        let order = try ByteOrder.asked(by: request.query)
        let name = request.query.first("name")
        let offers = name == nil ? [Representation.json] : Representation.ofAttribute
        let type = try Representation.chosen(from: offers, query: request.query, accept: request.accept)
        guard let name else { return try allAttributes(request, file, options, limits) }
        if name.isEmpty { throw ServiceError(.invalid, "name= is empty, which no attribute's name is") }
        let attribute = try file.attribute(HDF5Name(bytes: name), of: request.object, limit: limits.value)
        return try answer(request, attribute, type, order, options)
    }

    private static func allAttributes(
        _ request: WorkerRequest, _ file: borrowing ReadableFile, _ options: ValueOptions, _ limits: Limits
    ) throws(ServiceError) -> WorkerAnswer {
        let attributes = try file.attributes(of: request.object, limit: limits.slab)
        return try .object(request) { json throws(ServiceError) in
            for attribute in attributes {
                try json.attribute(attribute, options)
                guard json.bytes.count > limits.slab else { continue }
                throw ServiceError(
                    .tooLarge,
                    "the attributes of \(request.object) take more than \(limits.slab) bytes together; "
                        + "they can be had one by one, with name=")
            }
        }
    }

    /// One attribute's value, with what describes it in header fields.
    private static func answer(
        _ request: WorkerRequest, _ attribute: Attribute, _ type: Representation, _ order: ByteOrder?,
        _ options: ValueOptions
    ) throws(ServiceError) -> WorkerAnswer {
        if let reason = attribute.info.datatype.packed().unsupportedReason {
            throw ServiceError(
                .unsupported,
                "the attribute \"\(attribute.info.name)\" of \(request.object) has \(reason), "
                    + "whose values are not served")
        }
        let value = try attribute.value?.reordered(to: order)
        let datatype = value?.datatype ?? attribute.info.datatype.packed(order: order)
        var fields = ValueFields.make(datatype: datatype, shape: attribute.info.dataspace.shape)
        fields[.vary] = "Accept, Accept-Encoding"
        if type == .json { return try .json(request, fields: fields, try ValueJSON.text(value, options: options)) }
        fields[.contentDisposition] = SavedName.disposition(
            type, file: request.file, object: request.object, name: attribute.info.name)
        let subject = "the attribute \"\(attribute.info.name)\" of \(request.object)"
        let bytes = try bytes(value, datatype, type, options, subject)
        if type.isText { return try .json(request, fields: fields, type: type, bytes) }
        fields[.contentType] = type.contentType
        var answer = WorkerAnswer(
            head: ResponseHead(status: 200, fields: fields), contentLength: bytes.count, body: .complete(bytes))
        answer.contentTag = ContentTag.make(answer.head, bytes)
        return answer
    }
}

extension NativeDialect {
    /// The body of a value in another form than JSON.
    private static func bytes(
        _ value: Value?, _ datatype: Datatype, _ form: Representation, _ options: ValueOptions, _ subject: String
    ) throws(ServiceError) -> [UInt8] {
        let sections = try ValueSection.sections(
            of: datatype, shape: value?.shape, as: form, options: options, of: subject)
        guard let value, let section = sections.first else { return value?.bytes ?? [] }
        var text = section.prefix
        let count = value.shape.elementCount ?? 0
        if count > 0 { try section.text.append(value.bytes, first: 0, count: count, of: value.shape, to: &text) }
        return text
    }
}

extension JSONWriter {
    fileprivate mutating func attribute(_ attribute: Attribute, _ options: ValueOptions) throws(ServiceError) {
        let name = attribute.info.name
        key(name.description)
        try object { json throws(ServiceError) in
            if name.text == nil { json.member("nameBase64", utf8: Base64.encode(name.bytes)) }
            try json.members(of: attribute, options)
        }
    }

    /// `datatype`, `shape` and `value` of an attribute.
    mutating func members(of attribute: Attribute, _ options: ValueOptions) throws(ServiceError) {
        key("datatype")
        DatatypeJSON.write(attribute.info.datatype, to: &self)
        committed(attribute.info.committedDatatype)
        key("shape")
        shape(attribute.info.dataspace.shape)
        key("value")
        raw(utf8: try ValueJSON.text(attribute.value, options: options))
        if let reason = attribute.info.datatype.packed().unsupportedReason {
            member("unsupported", "values of \(reason) are not served")
        }
    }
}
