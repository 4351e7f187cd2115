import H5Model
import Testing

@testable import Gate

@Suite struct LockQueueTests {
    @Test func enter_Readers_ShareTheLock() {
        var queue = LockQueue<Int>()
        let entered = [queue.enter(1, .shared), queue.enter(2, .shared)]
        #expect(entered == [true, true])
        #expect(queue.heldMode == .shared)
    }

    @Test func enter_BesideAWriter_Waits() {
        var queue = LockQueue<Int>()
        let entered = [queue.enter(1, .exclusive), queue.enter(2, .shared), queue.enter(3, .exclusive)]
        let granted = [queue.leave(1), queue.leave(2), queue.leave(3)]
        #expect(entered == [true, false, false])
        #expect(granted == [[2], [3], []])
        #expect(queue.isEmpty)
    }

    @Test func enter_ReaderBehindAWaitingWriter_Waits() {
        var queue = LockQueue<Int>()
        let entered = [
            queue.enter(1, .shared), queue.enter(2, .exclusive), queue.enter(3, .shared), queue.enter(4, .shared),
        ]
        let granted = [queue.leave(1), queue.leave(2)]
        #expect(entered == [true, false, false, false])
        #expect(granted == [[2], [3, 4]])
    }

    @Test func leave_WaitingWriter_LetsReadersIn() {
        var queue = LockQueue<Int>()
        for (id, mode) in [(1, LockMode.shared), (2, .exclusive), (3, .shared)] { _ = queue.enter(id, mode) }
        let granted = queue.leave(2)
        #expect(granted == [3])
    }

    /// Against a model that states the rules: never a writer beside anybody, nobody overtakes, nobody is forgotten.
    @Test(arguments: 1...20) func queue_RandomUse_KeepsTheRules(seed: UInt64) {
        var generator = SeededGenerator(state: seed)
        var queue = LockQueue<Int>()
        var (waiting, holding): ([(Int, LockMode)], [Int: LockMode]) = ([], [:])
        for id in 0..<300 {
            let mode: LockMode = Bool.random(using: &generator) ? .shared : .exclusive
            let free = waiting.isEmpty && (holding.isEmpty || (mode == .shared && !holding.values.contains(.exclusive)))
            let entered = queue.enter(id, mode)
            #expect(entered == free)
            if free { holding[id] = mode } else { waiting.append((id, mode)) }
            while let leaver = (Array(holding.keys) + waiting.map(\.0)).sorted().randomElement(using: &generator),
                Int.random(in: 0..<3, using: &generator) > 0
            {
                holding[leaver] = nil
                waiting.removeAll { $0.0 == leaver }
                for granted in queue.leave(leaver) {
                    #expect(waiting.first?.0 == granted)
                    holding[granted] = waiting.removeFirst().1
                }
                #expect(!holding.values.contains(.exclusive) || holding.count == 1)
                #expect(!holding.isEmpty || waiting.isEmpty)
            }
        }
    }

    @Test func enter_ClosedQueue_WaitsWhoeverHoldsIt() {
        var queue = LockQueue<String>()
        let isFirst = queue.enter("r1", .shared)
        #expect(isFirst)
        queue.close()
        let isSecond = queue.enter("r2", .shared)
        #expect(!isSecond)
        let next = queue.leave("r1")
        #expect(next.isEmpty)
        #expect(queue.heldMode == nil)
        let granted = queue.open()
        #expect(granted == ["r2"])
    }

    @Test func open_SeveralWaiters_AreGrantedInTheirOrder() {
        var queue = LockQueue<String>()
        queue.close()
        for (id, mode) in [("r1", LockMode.shared), ("r2", .shared), ("w", .exclusive), ("r3", .shared)] {
            let isHeld = queue.enter(id, mode)
            #expect(!isHeld)
        }
        let granted = queue.open()
        #expect(granted == ["r1", "r2"])
        let next = queue.leave("r1")
        #expect(next.isEmpty)
        let last = queue.leave("r2")
        #expect(last == ["w"])
    }
}

/// A small generator whose sequence a seed decides (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
