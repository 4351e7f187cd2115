/// The body of an answer that tells events as they come (server-sent events).
///
/// It holds one event at the most: what a client has not read yet stays in the feed.
final class EventStream: BodyStream {
    var onReady: () -> Void = {}
    let id: EventFeed.ListenerID
    let place: WatchedRoot
    /// The request that it is the answer to.
    weak var exchange: Exchange?
    private unowned let events: Events
    /// What is being sent, and how much of it has been.
    private var text: [UInt8]
    private var sent = 0
    private var heartbeat: TimerID?
    private var isHeartbeatDue = false
    private var isOver = false

    private static let interval = Duration.seconds(15)

    let blockSize = 16 << 10

    /// - Parameter opening: What is sent first.
    init(events: Events, place: WatchedRoot, id: EventFeed.ListenerID, opening: [UInt8]) {
        self.events = events
        self.place = place
        self.id = id
        text = opening
        startHeartbeat()
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> StreamRead {
        var count = 0
        while count < buffer.count, sent < text.count || advance() {
            let length = min(buffer.count - count, text.count - sent)
            text.withUnsafeBytes {
                UnsafeMutableRawBufferPointer(rebasing: buffer[count...]).copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: $0[sent..<(sent + length)]))
            }
            sent += length
            count += length
        }
        if count > 0 { return .bytes(count) }
        return isOver ? .end : .notYet
    }

    /// Goes on to what is to be sent next; false where there is nothing.
    private func advance() -> Bool {
        if isOver { return false }
        if let next = events.read(id) {
            text = next
        } else if isHeartbeatDue {
            // The id is one that the client can come again with, however long ago the last event of its own was.
            text = Array(": nothing new\nid: \(events.position(of: id))\n\n".utf8)
            isHeartbeatDue = false
        } else {
            return false
        }
        sent = 0
        return true
    }

    private func startHeartbeat() {
        heartbeat = events.after(Self.interval) { [weak self] in
            self?.isHeartbeatDue = true
            self?.onReady()
            self?.startHeartbeat()
        }
    }

    /// Ends the body behind the event that is being sent.
    func finish() {
        isOver = true
        onReady()
    }

    /// Cuts the connection.
    func cut(_ reason: String) {
        exchange?.cut(reason)
    }

    /// It may have left; whether it has is seen when something is sent.
    func clientClosedItsSide() {
        isHeartbeatDue = true
        onReady()
    }

    func close() {
        if let heartbeat { events.cancel(heartbeat) }
        heartbeat = nil
        events.end(self)
    }
}
