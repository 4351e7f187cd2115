import H5Model
import HTTPMessage
import Routes
import WorkerMessage

extension CopyWork {
    /// The work that copies an object, if the body asks for one: it writes the destination's file, in one transaction,
    /// and reads the other one.
    /// - Returns: Nil where the whole file is to be copied.
    /// - Throws: `invalid`, `not_found`, `forbidden`, `wrong_kind`.
    func objectCopy(_ request: WorkerRequest, _ body: Upload) throws(ServiceError) -> WriteWork? {
        guard let bytes = body.inMemory, !bytes.isEmpty, case .object(let members) = try JSONTree(body: bytes),
            members.contains(where: { !$0.name.elementsEqual("file".utf8) })
        else { return nil }
        let json = JSONTree.object(members)
        guard let place = try Self.name("path", json) else {
            throw ServiceError(.invalid, "the body needs the key \"path\", where the copy is to be")
        }
        let target = try Self.name("file", json).map { text throws(ServiceError) in
            try FilePath(parsing: text, as: "the body's \"file\"")
        }
        if let target {
            let found = try gate.root.find(target)
            guard found.kind == .file, found.rest.isEmpty else {
                throw ServiceError(.wrongKind, "\(target.text) is no file")
            }
        }
        var request = request
        request.operation = .copyObject
        request.source = [UInt8(ascii: "/")] + path.joinedBytes
        request.file = (target ?? path).joinedBytes
        request.object = ObjectPath(bytes: place)
        return WriteWork(
            exchange: exchange, path: target ?? path, route: route, request: request, media: .json, body: body)
    }

    private static func name(_ key: String, _ json: JSONTree) throws(ServiceError) -> [UInt8]? {
        if let text = json[key + "Base64"]?.text {
            guard let bytes = Base64.decode(Array(text.utf8)) else {
                throw ServiceError(.invalid, "the body's \"\(key)Base64\" is not base64")
            }
            return bytes
        }
        switch json[key] {
        case nil, .null?: return nil
        case .string(let bytes)?: return bytes
        case let other?: throw ServiceError(.invalid, "the body's \"\(key)\" is \(other.summary), not a text")
        }
    }
}
