import Testing

@testable import Gate

@Suite struct TimerQueueTests {
    private let start = ContinuousClock.Instant.now

    @Test func takeDue_ManyTimers_ComeInTheirOrder() {
        var (queue, seen) = (TimerQueue(), [Int]())
        for delay in [5, 1, 9, 3, 7, 2, 8, 4, 6] {
            _ = queue.add(at: start + .seconds(delay)) { seen.append(delay) }
        }
        while let body = queue.takeDue(at: start + .seconds(6)) { body() }
        #expect(seen == [1, 2, 3, 4, 5, 6])
        #expect(queue.next == start + .seconds(7))
    }

    @Test func cancel_ManyTimers_LeavesTheOthers() {
        var (queue, seen) = (TimerQueue(), [Int]())
        let ids = (0..<1000).map { delay in
            queue.add(at: start + .milliseconds(delay)) { seen.append(delay) }
        }
        for (place, id) in ids.enumerated() where place % 100 != 0 { queue.cancel(id) }
        while let body = queue.takeDue(at: start + .seconds(2)) { body() }
        #expect(seen == Array(stride(from: 0, to: 1000, by: 100)))
    }

    @Test func takeDue_NothingDue_IsNil() {
        var queue = TimerQueue()
        _ = queue.add(at: start + .seconds(1)) {}
        #expect(queue.takeDue(at: start) == nil)
    }
}
