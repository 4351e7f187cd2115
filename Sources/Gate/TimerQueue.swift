/// A timer that was started; another timer has another id.
struct TimerID: Hashable {
    fileprivate var number: UInt64
}

/// Timers by the time at which they are due: a binary heap with late removal.
struct TimerQueue {
    typealias Instant = ContinuousClock.Instant

    private struct Entry {
        var due: Instant
        var id: TimerID
    }

    private var heap: [Entry] = []
    private var bodies: [TimerID: () -> Void] = [:]
    private var lastNumber: UInt64 = 0

    /// When the next timer is due.
    var next: Instant? { heap.first?.due }

    mutating func add(at due: Instant, _ body: @escaping () -> Void) -> TimerID {
        lastNumber += 1
        let id = TimerID(number: lastNumber)
        bodies[id] = body
        heap.append(Entry(due: due, id: id))
        var place = heap.count - 1
        while place > 0, heap[(place - 1) / 2].due > heap[place].due {
            heap.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
        return id
    }

    mutating func cancel(_ id: TimerID) {
        bodies[id] = nil
        // Cancelled entries leave when they are due, or when they are most of the heap.
        if heap.count > 64, heap.count > 4 * bodies.count {
            let kept = heap.filter { bodies[$0.id] != nil }.sorted { $0.due < $1.due }
            heap = kept
        }
    }

    /// Takes out the next timer that is due, if any; the caller calls it, so that it may add and cancel others.
    mutating func takeDue(at now: Instant) -> (() -> Void)? {
        while let first = heap.first, first.due <= now || bodies[first.id] == nil {
            removeFirst()
            if let body = bodies.removeValue(forKey: first.id) { return body }
        }
        return nil
    }

    private mutating func removeFirst() {
        let last = heap.removeLast()
        guard !heap.isEmpty else { return }
        heap[0] = last
        var place = 0
        while true {
            var least = place
            for child in (2 * place + 1)...(2 * place + 2)
            where child < heap.count && heap[child].due < heap[least].due {
                least = child
            }
            if least == place { return }
            heap.swapAt(place, least)
            place = least
        }
    }
}
