import H5Model
import HDF5
import LeakCheck
import Testing

@Suite(.leavesNothingOpen) struct LinkTests {
    @Test(arguments: [
        ("/a/hard", Link.hard), ("/a/soft", .soft(target: Array("b/data".utf8))),
        ("/loop1", .soft(target: Array("/loop2".utf8))),
        ("/external", .external(file: Array("other.h5".utf8), target: Array("/x".utf8))),
    ])
    func link_IsWhatIsStored(path: String, link: Link) throws {
        #expect(try Fixtures.open("links-v110.h5") { try $0.link(at: ObjectPath(path)) } == link)
    }

    @Test func link_KeepsBytesThatAreNotText() throws {
        let path = ObjectPath(names: [HDF5Name(bytes: Array("bytes".utf8) + [0xff])])
        let link = try Fixtures.open("links-earliest.h5") { try $0.link(at: path) }
        #expect(link == .external(file: [0x66, 0x69, 0xe9] + Array("le.h5".utf8), target: [0x2f, 0xfe]))
    }

    @Test(arguments: [
        ("/x", HDF5Error.Cause.missing, "no link at /x"), ("/x/y", .missing, "no object at /x"),
        ("/a/.", .missing, "no link at /a/."), ("/", .invalid, "the root group / is not a link"),
        ("/a/b/data/x", .wrongKind, "/a/b/data is a dataset, not a group"),
    ])
    func link_SaysWhyThereIsNone(path: String, cause: HDF5Error.Cause, message: String) throws {
        let error = try Fixtures.open("links-v110.h5") { file in try failure { try file.link(at: ObjectPath(path)) } }
        #expect(error == HDF5Error(cause, message))
    }
}
