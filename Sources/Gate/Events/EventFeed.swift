/// The recent events, and how far each listener has got with them.
///
/// A listener is a place in the ring and nothing else: one that is slow costs no memory, and is cut when an event that
/// it has not read leaves the ring.
struct EventFeed {
    struct ListenerID: Hashable {
        fileprivate var number: Int
    }

    /// How a listener begins.
    enum Start: Equatable {
        /// It has not listened before.
        case new
        /// It has missed nothing, or what it has missed is told first.
        case goesOn
        /// It has missed something that cannot be told any more.
        case reset
    }

    /// What an event means to the listeners: who has something to read now, and who was too slow.
    struct Effect: Equatable {
        var ready: [ListenerID] = []
        var cut: [ListenerID] = []
    }

    private struct Listener {
        let path: FilePath
        /// The number of the next event to look at.
        var next: Int
        /// It has read everything that concerns it.
        var isWaiting = false
        var isCut = false
    }

    private struct Entry {
        var event: Event
        var text: [UInt8]
    }

    private let epoch: String
    private let capacity: Int
    /// By number modulo the capacity; nil where a number stands for no event.
    private var ring: [Entry?]
    /// The number that was given last.
    private(set) var last = 0
    private var listeners: [ListenerID: Listener] = [:]
    private var lastListener = 0

    /// - Parameter capacity: The events that are kept for listeners that come again.
    init(epoch: String, capacity: Int) {
        self.epoch = epoch
        self.capacity = capacity
        ring = Array(repeating: nil, count: capacity)
    }

    private var first: Int { max(last - capacity + 1, 1) }

    /// A number of its own: whoever has one from it on has missed nothing of what is watched from now on.
    mutating func mark() -> Int {
        let lost = append(nil)
        let start = first
        for place in listeners.values.indices where listeners.values[place].next < start {
            if lost?.event.concerns(listeners.values[place].path) == true { listeners.values[place].isCut = true }
            listeners.values[place].next = start
        }
        return last
    }

    /// - Parameters:
    ///   - after: The last id that the listener has seen, in its words.
    ///   - mark: The number since which everything at `path` has been watched.
    mutating func listen(to path: FilePath, after: String?, since mark: Int) -> (ListenerID, Start) {
        lastListener += 1
        let id = ListenerID(number: lastListener)
        listeners[id] = Listener(path: path, next: last + 1)
        guard let after else { return (id, .new) }
        guard let seen = EventID(parsing: after), seen.epoch == epoch, (mark...last).contains(seen.number),
            seen.number >= first - 1
        else { return (id, .reset) }
        listeners[id]?.next = seen.number + 1
        return (id, .goesOn)
    }

    mutating func end(_ id: ListenerID) {
        listeners[id] = nil
    }

    /// The listeners that have begun and not ended.
    var listenerCount: Int { listeners.count }

    mutating func publish(_ event: Event) -> Effect {
        let lost = append(event)
        var effect = Effect()
        for place in listeners.values.indices {
            let id = listeners.keys[place]
            let listener = listeners.values[place]
            if listener.isCut { continue }
            if listener.next < first {
                if lost?.event.concerns(listener.path) == true {
                    listeners.values[place].isCut = true
                    effect.cut.append(id)
                    continue
                }
                listeners.values[place].next = first
            }
            guard listener.isWaiting else { continue }
            if event.concerns(listener.path) {
                listeners.values[place].isWaiting = false
                effect.ready.append(id)
            } else {
                listeners.values[place].next = last + 1
            }
        }
        return effect
    }

    /// Those that listen to `place`, or below it, or to more.
    func listeners(around place: FilePath) -> [ListenerID] {
        listeners.filter { $0.value.path.starts(with: place) || place.starts(with: $0.value.path) }.map(\.key)
    }

    /// What a listener is sent next; nil where there is nothing yet.
    mutating func read(_ id: ListenerID) -> [UInt8]? {
        guard var listener = listeners[id], !listener.isCut else { return nil }
        defer { listeners[id] = listener }
        while listener.next <= last {
            let entry = ring[listener.next % capacity]
            listener.next += 1
            if let entry, entry.event.concerns(listener.path) { return entry.text }
        }
        listener.isWaiting = true
        return nil
    }

    /// The id with which a listener can come again, having read what it was given so far.
    func position(of id: ListenerID) -> EventID {
        EventID(epoch: epoch, number: (listeners[id]?.next ?? last + 1) - 1)
    }

    /// Gives an event the next number. Returns what has left the ring.
    private mutating func append(_ event: Event?) -> Entry? {
        last += 1
        let lost = ring[last % capacity]
        ring[last % capacity] = event.map { Entry(event: $0, text: $0.text(id: EventID(epoch: epoch, number: last))) }
        return lost
    }
}
