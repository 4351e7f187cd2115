import CMicrohttpd
import Glibc
import HTTPMessage
import HTTPTypes
import Logging

/// An answer, ready to be queued.
struct Response {
    enum Body {
        case bytes([UInt8])
        /// Memory from malloc, which is the response's from now on.
        case memory(UnsafeMutableRawPointer?, count: Int)
        /// The first `length` bytes of a descriptor, which is the response's from now on.
        case file(Int32, length: Int)
        /// `length` is nil where it is not known before the end.
        case stream(any BodyStream, length: Int?)
        /// The head of a body that is not sent; `length` is nil where it is not known before the body is made.
        case headOnly(length: Int?)
    }

    var head: ResponseHead
    var body: Body
}

extension Response.Body {
    /// Gives back what a body holds that is never queued.
    func discard() {
        switch self {
        case .file(let descriptor, _): close(descriptor)
        case .stream(let stream, _): stream.close()
        case .memory(let bytes, _): free(bytes)
        case .bytes, .headOnly: break
        }
    }
}

/// What a streamed body's callback gets.
private final class StreamContext {
    let stream: any BodyStream
    let exchange: Exchange

    init(_ stream: any BodyStream, _ exchange: Exchange) {
        self.stream = stream
        self.exchange = exchange
    }
}

extension Response {
    /// Bytes that a streamed body hands over at a time, where it says nothing else.
    static let blockSize = 256 << 10

    /// Queues the response on a connection. The corresponding C function is `MHD_queue_response`.
    func queue(on connection: OpaquePointer, of exchange: Exchange) -> MHD_Result {
        var head = head
        // A head that does not fit into a connection's memory is never sent: a listing's body has the same as text.
        if let link = head.fields[.link], link.utf8.count > exchange.gate.settings.connectionMemory / 4 {
            head.fields[.link] = nil
        }
        guard let response = make(for: exchange) else {
            body.discard()
            return .NO
        }
        defer { MHD_destroy_response(response) }
        for field in head.fields {
            // libmicrohttpd refuses an empty value, which is what one blank is to a client (RFC 9110, 5.5).
            let value = field.value.isEmpty ? " " : field.value
            if MHD_add_response_header(response, field.name.canonicalName, value) != .YES {
                exchange.gate.log.error("\(exchange.id): the field \(field.name) cannot be sent")
            }
        }
        return MHD_queue_response(connection, UInt32(head.status), response)
    }

    private func make(for exchange: Exchange) -> OpaquePointer? {
        switch body {
        case .bytes(var bytes):
            return bytes.withUnsafeMutableBytes {
                MHD_create_response_from_buffer($0.count, $0.baseAddress, .RESPMEM_MUST_COPY)
            }
        case .memory(let bytes, let count):
            return MHD_create_response_from_buffer(count, bytes, .RESPMEM_MUST_FREE)
        case .file(let descriptor, let length):
            return MHD_create_response_from_fd64(UInt64(length), descriptor)
        case .stream(let stream, let length):
            let context = Unmanaged.passRetained(StreamContext(stream, exchange)).toOpaque()
            let size = length.map(UInt64.init) ?? lh5_size_unknown
            return MHD_create_response_from_callback(size, stream.blockSize, readBody, context, freeBody)
        case .headOnly(length: nil):
            // libmicrohttpd ends even a body that is not sent, unless the connection's end does.
            let response = MHD_create_response_from_callback(
                lh5_size_unknown, 1024, { _, _, _, _ in lh5_end_with_error }, nil, nil)
            lh5_end_with_connection(response)
            return response
        case .headOnly(let length?):
            return MHD_create_response_from_callback(
                UInt64(length), 1024, { _, _, _, _ in lh5_end_with_error }, nil, nil)
        }
    }
}

private func readBody(
    _ context: UnsafeMutableRawPointer?, _ position: UInt64, _ buffer: UnsafeMutablePointer<CChar>?, _ capacity: Int
) -> Int {
    guard let context, let buffer else { return lh5_end_with_error }
    let body = Unmanaged<StreamContext>.fromOpaque(context).takeUnretainedValue()
    if let reason = body.exchange.abortReason {
        body.exchange.bodyFailed(reason)
        return lh5_end_with_error
    }
    switch body.stream.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: capacity)) {
    case .bytes(let count): return count
    case .end: return lh5_end_of_stream
    case .failed(let reason):
        body.exchange.bodyFailed(reason)
        return lh5_end_with_error
    case .notYet:
        body.exchange.suspend()
        return 0
    }
}

private func freeBody(_ context: UnsafeMutableRawPointer?) {
    guard let context else { return }
    Unmanaged<StreamContext>.fromOpaque(context).takeRetainedValue().stream.close()
}
