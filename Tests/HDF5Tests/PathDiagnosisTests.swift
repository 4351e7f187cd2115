import H5Model
import HDF5
import LeakCheck
import Testing

@Suite(.leavesNothingOpen) struct PathDiagnosisTests {
    @Test(arguments: [
        ("/x", HDF5Error.Cause.missing, "no object at /x"), ("/a/b/x/y", .missing, "no object at /a/b/x/y"),
        ("/a/b/data/x", .missing, "no object at /a/b/data/x (/a/b/data is a dataset, not a group)"),
        ("/dangling", .missing, "no object at /dangling (/dangling is a soft link to /no/where, which is not there)"),
        ("/dangling/x", .missing, "no object at /dangling/x (/dangling is a soft link to /no/where"),
        ("/loop1", .missing, "no object at /loop1: its soft links lead in a circle, or are too many"),
        ("/external", .unsupported, "/external is an external link into another file, \"other.h5\""),
        ("/external/y", .unsupported, "/external is an external link into another file"),
        ("/toexternal", .unsupported, "/external is an external link into another file"),
        ("/a/\0", .missing, "no name holds a NUL"),
    ])
    func object_SaysWhyAPathLeadsNowhere(path: String, cause: HDF5Error.Cause, message: String) throws {
        let error = try Fixtures.open("links-v110.h5") { file in
            try failure { try file.kind(at: ObjectPath(path)) }
        }
        #expect(error.cause == cause)
        #expect(error.message.hasPrefix(message), "\(error.message)")
    }

    @Test(arguments: [
        ("/external", Elsewhere(link: "/external", file: Array("other.h5".utf8), target: "/x")),
        ("/external/y/z", Elsewhere(link: "/external", file: Array("other.h5".utf8), target: "/x", rest: ["y", "z"])),
        ("/toexternal/y", Elsewhere(link: "/toexternal", file: Array("other.h5".utf8), target: "/x/y", rest: ["y"])),
    ])
    func object_SaysWhereAPathGoesOn(path: String, elsewhere: Elsewhere) throws {
        let error = try Fixtures.open("links-v110.h5") { file in
            try failure { try file.kind(at: ObjectPath(path)) }
        }
        #expect(error.elsewhere == elsewhere)
        #expect(error.elsewhere?.path == ObjectPath(names: elsewhere.target.names + elsewhere.rest))
    }

    @Test(arguments: [
        ("/", ObjectKind.group), ("/a/soft", .dataset), ("/absolute/data", .dataset), ("/a/b/up/b/up/type", .datatype),
        ("/a/./b", .group),
    ])
    func object_IsFound(path: String, kind: ObjectKind) throws {
        #expect(try Fixtures.open("links-earliest.h5") { try $0.kind(at: ObjectPath(path)) } == kind)
    }

    @Test(arguments: Fixtures.bounds)
    func object_IsFound_UnderAnyBytes(bound: String) throws {
        try Fixtures.open("names-\(bound).h5") { file in
            let names: [HDF5Name] = ["..", "with space", "percent%2F", HDF5Name(bytes: [0xff, 0xfe])]
            let kinds = try names.map { try file.kind(at: ObjectPath(names: [$0, "in"])) }
            #expect(kinds == Array(repeating: .group, count: 4))
        }
    }
}
