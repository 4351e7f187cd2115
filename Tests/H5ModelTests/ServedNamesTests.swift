import H5Model
import Testing

@Suite struct ServedNamesTests {
    private let served = ServedNames(directories: [ServedNames.names(in: "/srv/data".utf8)])

    @Test(arguments: [
        ("/srv/data/a/b.h5", "a/b.h5"), ("/a/b.h5", "a/b.h5"), ("/srv/data", ""), ("/srv/./x/../data", "srv/data"),
        ("/a/../b.h5", "b.h5"), ("//a///b.h5/", "a/b.h5"),
    ])
    func names_AreThoseBelowTheDirectory(absolute: String, below: String) {
        #expect(served.names(of: Array(absolute.utf8)) == ServedNames.names(in: below.utf8))
    }

    @Test(arguments: ["/..", "/a/../../b", "/srv/data/../x"])
    func names_ThatLeadOut_AreNone(absolute: String) {
        #expect(served.names(of: Array(absolute.utf8)) == nil)
    }
}
