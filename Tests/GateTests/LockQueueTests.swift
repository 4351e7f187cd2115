import H5Model
import Testing

@testable import Gate

@Suite struct LockQueueTests {
    @Test func enter_Readers_ShareTheLock() {
        var queue = LockQueue<Int>()
        #expect(queue.enter(1, .shared))
        #expect(queue.enter(2, .shared))
        #expect(queue.heldMode == .shared)
    }

    @Test func enter_BesideAWriter_Waits() {
        var queue = LockQueue<Int>()
        #expect(queue.enter(1, .exclusive))
        #expect(!queue.enter(2, .shared))
        #expect(!queue.enter(3, .exclusive))
        #expect(queue.leave(1) == [2])
        #expect(queue.leave(2) == [3])
        #expect(queue.leave(3) == [])
        #expect(queue.isEmpty)
    }

    @Test func enter_ReaderBehindAWaitingWriter_Waits() {
        var queue = LockQueue<Int>()
        #expect(queue.enter(1, .shared))
        #expect(!queue.enter(2, .exclusive))
        #expect(!queue.enter(3, .shared))
        #expect(!queue.enter(4, .shared))
        #expect(queue.leave(1) == [2])
        #expect(queue.leave(2) == [3, 4])
    }

    @Test func leave_WaitingWriter_LetsReadersIn() {
        var queue = LockQueue<Int>()
        #expect(queue.enter(1, .shared))
        #expect(!queue.enter(2, .exclusive))
        #expect(!queue.enter(3, .shared))
        #expect(queue.leave(2) == [3])
    }

    /// Against a model that states the rules: never a writer beside anybody, nobody overtakes, nobody is forgotten.
    @Test(arguments: 1...20) func queue_RandomUse_KeepsTheRules(seed: UInt64) {
        var generator = SeededGenerator(state: seed)
        var queue = LockQueue<Int>()
        var (waiting, holding): ([(Int, LockMode)], [Int: LockMode]) = ([], [:])
        for id in 0..<300 {
            let mode: LockMode = Bool.random(using: &generator) ? .shared : .exclusive
            let free = waiting.isEmpty && (holding.isEmpty || (mode == .shared && !holding.values.contains(.exclusive)))
            #expect(queue.enter(id, mode) == free)
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
