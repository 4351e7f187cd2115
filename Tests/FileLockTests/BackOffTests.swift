import Testing

@testable import FileLock

@Suite struct BackOffTests {
    private func pauses(_ count: Int, limit: Duration = BackOff.longest) -> [Duration] {
        var chance = FakeWaiting()
        var backOff = BackOff(limit: limit)
        return (0..<count).map { _ in backOff.next(using: &chance) }
    }

    @Test func pauses_AreWithinTheirBounds() {
        let pauses = pauses(1000)
        #expect(pauses.allSatisfy { $0 >= .milliseconds(1) && $0 <= .milliseconds(50) })
        #expect(pauses[0] <= .milliseconds(3))
    }

    @Test func pauses_GrowAndAreSpread() {
        let pauses = pauses(1000)
        #expect(pauses.contains { $0 > .milliseconds(40) })
        #expect(Set(pauses).count > 900)
    }

    @Test func pauses_WithALimitBelowTheShortest_AreNotLonger() {
        #expect(pauses(20, limit: .microseconds(10)).allSatisfy { $0 <= .microseconds(10) })
        #expect(pauses(3, limit: .zero) == [.zero, .zero, .zero])
    }
}
