import H5Model
import LeakCheck
import Testing

@testable import LockedH5

@Suite(.leavesNothingOpen) struct WritableFileLinksTests {
    @Test(
        arguments: ["links-v110.h5", "links-earliest.h5"],
        [
            (LinkTarget.hard("/a/b/data"), Link.hard), (.hard(.root), .hard), (.hard("/a/soft"), .hard),
            (.soft(Array("../x".utf8)), .soft(target: Array("../x".utf8))), (.soft([0xff]), .soft(target: [0xff])),
            (
                .external(file: Array("x.h5".utf8), target: Array("/y".utf8)),
                .external(file: Array("x.h5".utf8), target: Array("/y".utf8))
            ),
        ])
    func createLink_IsReadBack(name: String, target: (made: LinkTarget, read: Link)) throws {
        let scratch = try Scratch(copyOf: name)
        try scratch.write { file throws(ServiceError) in try file.createLink(at: "/new/group/link", target.made) }
        let link = try scratch.read { file throws(ServiceError) in try file.link(at: "/new/group/link") }
        #expect(link == target.read)
    }

    @Test(arguments: [
        (LinkTarget.hard("/nothing"), "/new", ErrorCode.notFound), (.hard("/external"), "/new", .unsupported),
        (.hard("/a"), "/a/b", .exists), (.soft([]), "/new", .invalid), (.soft([1]), "/", .exists),
        (.soft([1]), "/a/b/data/new", .wrongKind),
    ])
    func createLink_IsRefused(target: LinkTarget, path: String, code: ErrorCode) throws {
        let error = try Scratch(copyOf: "links-v110.h5").refusal { file throws(ServiceError) in
            try file.createLink(at: ObjectPath(path), target)
        }
        #expect(error.code == code, "\(error)")
    }

    @Test(arguments: [
        ("/a/b/data", ObjectKind.dataset), ("/a/b", .group), ("/a/type", nil), ("/dangling", nil), ("/external", nil),
        ("/absolute", .group), ("/a/hard/data", nil),
    ])
    func unlink_RemovesTheLink(path: String, kind: ObjectKind?) throws {
        let scratch = try Scratch(copyOf: "links-v110.h5")
        try scratch.write { file throws(ServiceError) in try file.unlink(ObjectPath(path), kind: kind) }
        let error = try failure {
            try scratch.read { file throws(ServiceError) in try file.link(at: ObjectPath(path)) }
        }
        #expect(error.code == .notFound)
    }

    @Test(arguments: [
        ("/", nil, ErrorCode.invalid), ("/nothing", nil, .notFound), ("/nothing/x", nil, .notFound),
        ("/a/b/data", ObjectKind.group, .wrongKind), ("/a", .dataset, .wrongKind), ("/dangling", .group, .notFound),
        ("/external", .dataset, .wrongKind), ("/external/x", nil, .unsupported), ("/a/.", nil, .notFound),
        ("/a/b/data/x", nil, .wrongKind),
    ])
    func unlink_IsRefused(path: String, kind: ObjectKind?, code: ErrorCode) throws {
        let error = try Scratch(copyOf: "links-v110.h5").refusal { file throws(ServiceError) in
            try file.unlink(ObjectPath(path), kind: kind)
        }
        #expect(error.code == code, "\(error)")
    }

    @Test(
        arguments: [
            ("/a/b", "/moved"), ("/a", "/a2"), ("/dangling", "/x/y/z"), ("/external", "/a/external"),
            ("/a/soft", "/a/b/soft"),
            ("/root", "/a/root"), ("/a/b/data", "/absolute/other"),
        ], ["links-v110.h5", "links-earliest.h5"])
    func move_TakesTheLinkAlong(way: (from: String, to: String), name: String) throws {
        let scratch = try Scratch(copyOf: name)
        let (from, to) = (ObjectPath(way.from), ObjectPath(way.to))
        let before = try scratch.read { file throws(ServiceError) in try file.link(at: from) }
        try scratch.write { file throws(ServiceError) in try file.move(from, to: to) }
        #expect(try scratch.read { file throws(ServiceError) in try file.link(at: to) } == before)
        #expect(
            try failure { try scratch.read { file throws(ServiceError) in try file.link(at: from) } }.code == .notFound)
    }

    @Test(arguments: [
        ("/", "/x", ErrorCode.invalid, "the root group / cannot be moved"), ("/a", "/", .exists, "/ exists already"),
        ("/a", "/a", .exists, "/a exists already"), ("/a", "/dangling", .exists, "/dangling exists already"),
        ("/a", "/a/b/c", .invalid, "/a cannot be moved into itself, to /a/b/c"),
        ("/a", "/absolute/c", .invalid, "/a cannot be moved into itself, which is where /absolute leads"),
        ("/nothing", "/x", .notFound, "no link at /nothing"),
        ("/a", "/a/b/data/x", .invalid, "/a cannot be moved into itself"),
        ("/root", "/a/b/data/x", .wrongKind, "/a/b/data is a dataset, not a group"),
        ("/a", "/x/./y", .invalid, "a link cannot be named"),
    ])
    func move_IsRefused(from: String, to: String, code: ErrorCode, words: String) throws {
        let error = try Scratch(copyOf: "links-v110.h5").refusal { file throws(ServiceError) in
            try file.move(ObjectPath(from), to: ObjectPath(to))
        }
        #expect(error.code == code)
        #expect(error.message.contains(words), "\(error)")
    }
}
