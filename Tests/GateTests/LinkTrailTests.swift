import FileLock
import Glibc
import H5Model
import HTTPMessage
import Testing

@testable import Gate

@Suite final class LinkTrailTests {
    private let folder: ScratchFolder
    private let root: ServedRoot

    init() throws {
        folder = try ScratchFolder()
        mkdir("\(folder.path)/sub", 0o700)
        for name in ["a.h5", "b.h5", "sub/c.h5", ".hidden.h5"] {
            close(open("\(folder.path)/\(name)", O_CREAT | O_RDWR, 0o600))
        }
        symlink("/etc/hostname", "\(folder.path)/out.h5")
        root = try ServedRoot(folder.path)
    }

    private func names(_ text: String) -> FilePath { text.split(separator: "/").map { Array($0.utf8) } }

    @Test(
        arguments: [
            ("b.h5", "a.h5", "b.h5"), ("sub/c.h5", "a.h5", "sub/c.h5"), ("c.h5", "sub/x.h5", "sub/c.h5"),
            ("../b.h5", "sub/c.h5", "b.h5"), ("./.././b.h5", "sub/c.h5", "b.h5"), ("/sub/c.h5", "a.h5", "sub/c.h5"),
            ("/else/where/c.h5", "sub/x.h5", "sub/c.h5"), ("b.h5", "sub/c.h5", nil), ("gone.h5", "a.h5", nil),
            (".hidden.h5", "a.h5", nil), ("/etc/passwd", "a.h5", nil), (".", "a.h5", nil), ("..", "sub/c.h5", nil),
        ] as [(String, String, String?)])
    func file_IsLookedForAsLibhdf5Does(name: String, from: String, found: String?) throws {
        #expect(try root.file(named: Array(name.utf8), in: names(from)) == found.map(names))
    }

    @Test func file_NameOfTheHost_IsOneBelowTheRoot() throws {
        let name = Array("\(folder.path)/sub/c.h5".utf8)
        #expect(try root.file(named: name, in: names("a.h5")) == names("sub/c.h5"))
    }

    @Test(arguments: ["../a.h5", "sub/../../a.h5", "out.h5", "/../a.h5"])
    func file_OutsideTheRoot_IsForbidden(name: String) {
        let error = #expect(throws: ServiceError.self) { try root.file(named: Array(name.utf8), in: names("a.h5")) }
        #expect(error?.code == .forbidden)
        #expect(error?.message.contains(folder.path) == false)
    }

    private func link(_ name: String, _ target: String = "/x") -> Elsewhere {
        Elsewhere(link: ObjectPath("/link"), file: Array(name.utf8), target: ObjectPath(target))
    }

    @Test func follow_Circle_NamesTheChain() throws {
        let stamp = FileStamp(try root.status(names("a.h5")))
        var trail = LinkTrail()
        #expect(try trail.follow(link("b.h5"), of: names("a.h5"), in: stamp, root) == names("b.h5"))
        #expect(try trail.follow(link("a.h5"), of: names("b.h5"), in: stamp, root) == names("a.h5"))
        let error = #expect(throws: ServiceError.self) {
            try trail.follow(self.link("b.h5"), of: self.names("a.h5"), in: stamp, self.root)
        }
        #expect(
            error
                == ServiceError(
                    .notFound, "external links lead in a circle: /link of a.h5, /link of b.h5, /link of a.h5"))
    }

    @Test func follow_MissingFile_NamesLinkAndFile() throws {
        let stamp = FileStamp(try root.status(names("a.h5")))
        var trail = LinkTrail()
        let error = #expect(throws: ServiceError.self) {
            try trail.follow(self.link("/secret/place/gone.h5"), of: self.names("a.h5"), in: stamp, self.root)
        }
        #expect(
            error
                == ServiceError(
                    .notFound, "no file \"gone.h5\", to which the external link /link of a.h5 leads"))
    }

    @Test func tag_OfSeveralFiles_ChangesWithEachOfThem() throws {
        let stamp = FileStamp(try root.status(names("a.h5")))
        var other = FileStamp(try root.status(names("b.h5")))
        let plain = FileStates(stamp)
        let first = FileStates(stamp, others: [.init(path: names("b.h5"), stamp: other)])
        other.size += 1
        let second = FileStates(stamp, others: [.init(path: names("b.h5"), stamp: other)])
        let absent = FileStates(stamp, others: [.init(path: names("b.h5"), stamp: nil)])
        #expect(Set([plain, first, second, absent].map(\.tag)).count == 4)
        #expect(plain.tag == FileTag.state(stamp))
    }

    @Test func ifMatch_WithATagOfSeveralFiles_SaysSo() throws {
        let stamp = FileStamp(try root.status(names("a.h5")))
        let states = FileStates(stamp, others: [.init(path: names("b.h5"), stamp: nil)])
        let tag = FileTag(states) { _ in true }.tag()
        #expect(MatchCondition(tag.field).isOfSeveralFiles)
        #expect(MatchCondition(tag.field).holds(for: states))
        #expect(!MatchCondition(tag.field).holds(for: FileStates(stamp)))
        #expect(!MatchCondition(FileTag(FileStates(stamp)) { _ in true }.tag().field).isOfSeveralFiles)
    }
}
