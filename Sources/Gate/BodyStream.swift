/// A body that is made while it is sent.
protocol BodyStream: AnyObject {
    /// Called when a body that had nothing yet has something, or has failed.
    var onReady: () -> Void { get set }
    func read(into buffer: UnsafeMutableRawBufferPointer) -> StreamRead
    /// The client has left, or the body is sent: everything that it holds is given back.
    func close()
}

enum StreamRead {
    case bytes(Int)
    /// Nothing yet; `onReady` tells.
    case notYet
    case end
    /// The connection is cut, so that nobody takes the body for whole; the reason is for the log.
    case failed(String)
}
