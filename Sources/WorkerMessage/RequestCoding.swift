import H5Model
import HTTPMessage
public import Routes

extension WorkerRequest {
    /// The request as the gate sends it; the file's descriptor and the spool's travel beside it.
    public func encoded() -> [UInt8] {
        var message = MessageEncoder()
        message.bytes.reserveCapacity(256)
        message.text(operation.rawValue)
        message.string(file)
        message.integer(fileSize)
        message.integer(fileModified)
        message.path(object)
        message.list(query.items) { message, item in
            message.text(item.name)
            message.string(item.value)
        }
        message.optional(accept) { $0.text($1) }
        message.byte(acceptsGzip ? 1 : 0)
        message.byte(isHead ? 1 : 0)
        message.byte(readsRegions ? 1 : 0)
        message.byte(mayStayOpen ? 1 : 0)
        message.byte(createsOnly ? 1 : 0)
        message.byte(hasSpill ? 1 : 0)
        message.byte(hasSharedLock ? 1 : 0)
        message.list(expected) { $0.text($1) }
        message.list(way) { $0.elsewhere($1) }
        message.string(source)
        message.optional(content) { message, content in
            message.byte(content.media.rawValue)
            message.optional(content.bytes) { $0.string($1) }
            message.integer(content.length)
        }
        message.optional(cursor) { $0.string($1) }
        return message.bytes
    }

    public init(decoding bytes: UnsafeRawBufferPointer) throws(MessageError) {
        var message = MessageDecoder(bytes)
        guard let operation = Operation(rawValue: try message.text()) else { throw MessageError() }
        let file = try message.string()
        let size = try message.integer()
        let modified = try message.integer()
        let object = try message.path()
        let items = try message.list { message throws(MessageError) in
            Query.Item(name: try message.text(), value: try message.string())
        }
        let accept = try message.optional { message throws(MessageError) in try message.text() }
        let flags = (
            gzip: try message.byte() != 0, head: try message.byte() != 0, regions: try message.byte() != 0,
            open: try message.byte() != 0, creates: try message.byte() != 0,
            spill: try message.byte() != 0, shared: try message.byte() != 0
        )
        let expected = try message.list { message throws(MessageError) in try message.text() }
        let way = try message.list { message throws(MessageError) in try message.elsewhere() }
        let source = try message.string()
        let content = try message.optional { message throws(MessageError) in
            try Content(decoding: &message)
        }
        self.init(
            operation: operation, file: file, fileSize: size, fileModified: modified,
            object: object, query: Query(items: items),
            accept: accept, acceptsGzip: flags.gzip, isHead: flags.head,
            cursor: try message.optional { message throws(MessageError) in try message.string() })
        readsRegions = flags.regions
        mayStayOpen = flags.open
        createsOnly = flags.creates
        hasSpill = flags.spill
        hasSharedLock = flags.shared
        self.expected = expected
        self.way = way
        self.source = source
        self.content = content
    }
}

extension MessageEncoder {
    mutating func path(_ path: ObjectPath) {
        list(path.names) { $0.string($1.bytes) }
    }

    mutating func elsewhere(_ elsewhere: Elsewhere) {
        path(elsewhere.link)
        string(elsewhere.file)
        path(elsewhere.target)
        path(ObjectPath(names: elsewhere.rest))
    }
}

extension MessageDecoder {
    mutating func path() throws(MessageError) -> ObjectPath {
        ObjectPath(names: try list { message throws(MessageError) in HDF5Name(bytes: try message.string()) })
    }

    mutating func elsewhere() throws(MessageError) -> Elsewhere {
        let link = try path()
        let file = try string()
        return Elsewhere(link: link, file: file, target: try path(), rest: try path().names)
    }
}

extension WorkerRequest.Content {
    fileprivate init(decoding message: inout MessageDecoder) throws(MessageError) {
        guard let media = Media(rawValue: try message.byte()) else { throw MessageError() }
        let bytes = try message.optional { message throws(MessageError) in try message.string() }
        self.init(media: media, bytes: bytes, length: try message.integer())
    }
}
