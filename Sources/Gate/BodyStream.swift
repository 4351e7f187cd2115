/// A body that is made while it is sent.
protocol BodyStream: AnyObject {
    /// Called when a body that had nothing yet has something, or has failed.
    var onReady: () -> Void { get set }
    /// Bytes that it hands over at a time; its connection has a buffer of that size.
    var blockSize: Int { get }
    func read(into buffer: UnsafeMutableRawBufferPointer) -> StreamRead
    /// The client sends nothing more, and perhaps has left, while there was nothing to send.
    func clientClosedItsSide()
    /// The client has left, or the body is sent: everything that it holds is given back.
    func close()
}

extension BodyStream {
    var blockSize: Int { Response.blockSize }

    func clientClosedItsSide() {}
}

enum StreamRead {
    case bytes(Int)
    /// Nothing yet; `onReady` tells.
    case notYet
    case end
    /// The connection is cut, so that nobody takes the body for whole; the reason is for the log.
    case failed(String)
}
