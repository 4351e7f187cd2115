import H5Model
import HDF5JSON
import HTTPMessage
import LockedH5
import Routes

extension NativeDialect {
    // GET /v1/datatypes/FILE/PATH
    static func getDatatype(
        _ request: WorkerRequest, _ file: borrowing ReadableFile
    ) throws(ServiceError) -> WorkerAnswer {
        let info = try file.datatypeInfo(at: request.object)
        return try .object(request) { json throws(ServiceError) in
            json.subject(request, kind: .datatype)
            json.key("datatype")
            DatatypeJSON.write(info.datatype, to: &json)
            json.member("attributeCount", info.attributeCount)
            json.hrefs(request, [.attributes])
        }
    }

    // PUT /v1/datatypes/FILE/PATH
    static func commitDatatype(
        _ request: WorkerRequest, _ datatype: Datatype, _ file: borrowing WritableFile
    ) throws(ServiceError) -> WorkerAnswer {
        try file.commit(datatype, at: request.object)
        return try getDatatype(request, file.contents).created(at: request, .datatypes)
    }

    /// The datatype that is to be committed.
    /// - Throws: `invalid`, `unsupported`, `too_large`.
    static func newDatatype(_ body: RequestBody) throws(ServiceError) -> Datatype {
        let ignored = ["file", "fileBase64", "path", "pathBase64", "kind", "attributeCount", "hrefs"]
        let datatype = try BodyMembers.read(body, known: ["datatype"], ignored: ignored) {
            members throws(ServiceError) in
            try DatatypeJSON.read(try members.required("datatype", try members.tree("datatype")))
        }
        try datatype.checkStorable()
        return datatype
    }

    /// The datatype committed at a path that a request names.
    static func committed(
        _ path: ObjectPath, _ request: WorkerRequest, _ file: borrowing WritableFile
    ) throws(ServiceError) -> FoundDatatype {
        try reach(request, file.contents)
        let path = try request.pathHere(path)
        return FoundDatatype(path: path, datatype: try file.committedDatatype(at: path))
    }
}

extension JSONWriter {
    /// A member `committedDatatype`, where the stored type is one: its path, or null where none leads to it any more.
    mutating func committed(_ datatype: CommittedDatatype?) {
        if let datatype { nameOrNull("committedDatatype", datatype.path?.bytes) }
    }
}
