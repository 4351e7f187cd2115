import H5Model

/// Who holds one file's lock in this process and who waits for it: first come, first served, readers together.
///
/// A reader that comes after a waiting writer waits behind it, so no writer is starved.
struct LockQueue<ID: Hashable> {
    private var holders: [ID: LockMode] = [:]
    private var waiters: [(id: ID, mode: LockMode)] = []
    /// Whether newcomers wait, whoever holds the lock: it is going to be left free for other programs.
    private(set) var isClosed = false

    var isEmpty: Bool { holders.isEmpty && waiters.isEmpty }

    /// The mode in which the lock is held; nil where it is free.
    var heldMode: LockMode? { holders.values.first }

    var waiterCount: Int { waiters.count }

    /// Who has the lock next.
    var nextWaiter: ID? { waiters.first?.id }

    mutating func close() {
        isClosed = true
    }

    /// Ends what `close` began. Returns who has the lock now.
    mutating func open() -> [ID] {
        isClosed = false
        return grant()
    }

    /// Asks for the lock; true where `id` has it at once, else it waits.
    mutating func enter(_ id: ID, _ mode: LockMode) -> Bool {
        if waiters.isEmpty && admits(mode) {
            holders[id] = mode
            return true
        }
        waiters.append((id, mode))
        return false
    }

    /// Gives the lock back, or stops waiting. Returns who has the lock now, in the order of their coming.
    mutating func leave(_ id: ID) -> [ID] {
        if holders.removeValue(forKey: id) == nil { waiters.removeAll { $0.id == id } }
        return grant()
    }

    private mutating func grant() -> [ID] {
        var granted: [ID] = []
        while let first = waiters.first, admits(first.mode) {
            waiters.removeFirst()
            holders[first.id] = first.mode
            granted.append(first.id)
        }
        return granted
    }

    private func admits(_ mode: LockMode) -> Bool {
        if isClosed { return false }
        return switch heldMode {
        case nil: true
        case .shared: mode == .shared
        case .exclusive: false
        }
    }
}
