import Testing

@testable import Gate

@Suite struct PendingLooksTests {
    private let start = ContinuousClock.Instant.now
    private let path: FilePath = [Array("a.h5".utf8)]
    private var looks = PendingLooks()

    private func after(_ milliseconds: Int) -> ContinuousClock.Instant { start + .milliseconds(milliseconds) }

    @Test mutating func takeDue_QuietName_IsTakenOnceAfterThePause() {
        looks.note(path, at: start)
        #expect(looks.takeDue(at: after(99)).isEmpty)
        #expect(looks.next == after(100))
        #expect(looks.takeDue(at: after(100)) == [path])
        #expect(looks.isEmpty)
    }

    @Test mutating func takeDue_NameThatStaysBusy_IsTakenAfterASecond() {
        var taken: [Int] = []
        for time in stride(from: 0, through: 2500, by: 50) {
            if !looks.takeDue(at: after(time)).isEmpty { taken.append(time) }
            looks.note(path, at: after(time))
        }
        #expect(taken == [1000, 2000])
    }

    @Test mutating func takeDue_TwoNames_AreEachTakenInTheirTime() {
        let other: FilePath = [Array("b.h5".utf8)]
        looks.note(path, at: start)
        looks.note(other, at: after(60))
        #expect(looks.takeDue(at: after(120)) == [path])
        #expect(looks.takeDue(at: after(160)) == [other])
    }
}
