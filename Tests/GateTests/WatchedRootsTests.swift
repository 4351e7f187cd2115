import Testing

@testable import Gate

@Suite struct WatchedRootsTests {
    private var roots = WatchedRoots()

    private static func path(_ text: String) -> FilePath { text.split(separator: "/").map { Array($0.utf8) } }

    init() {
        for text in ["a/b", "a/c/x.h5"] { roots.insert(WatchedRoot(Self.path(text))) }
    }

    @Test(arguments: [("a/b", true), ("a/b/y.h5", true), ("a", false), ("a/bc", false), ("", false)])
    func covers_WhatLiesInARoot(_ text: String, _ result: Bool) {
        #expect(roots.covers(Self.path(text)) == result)
    }

    @Test(arguments: [("", true), ("a", true), ("a/c", true), ("a/c/y.h5", false), ("d", false), ("a/b/c/d", true)])
    func concern_WhatLiesInARootOrOnTheWay(_ text: String, _ result: Bool) {
        #expect(roots.concern(Self.path(text)) == result)
    }

    @Test func names_OnTheWay_AreTheNextSteps() {
        #expect(roots.names(in: []) == [Array("a".utf8)])
        #expect(roots.names(in: Self.path("a")) == [Array("b".utf8), Array("c".utf8)])
        #expect(roots.names(in: Self.path("a/b")) == nil)
    }
}
