import Glibc
import H5Model
import Testing

@testable import Gate

@Suite final class ServedRootTests {
    private let folder: String
    private let root: ServedRoot

    init() throws {
        var template = Array("/tmp/lockedh5-root-XXXXXX".utf8CString)
        _ = try #require(mkdtemp(&template))
        folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        mkdir("\(folder)/sub", 0o700)
        for name in ["sub/a.h5", ".hidden"] { close(open("\(folder)/\(name)", O_CREAT | O_RDWR, 0o600)) }
        symlink("/etc", "\(folder)/out")
        symlink("sub/a.h5", "\(folder)/in.h5")
        symlink("loop", "\(folder)/loop")
        mkfifo("\(folder)/pipe", 0o600)
        root = try ServedRoot(folder)
    }

    deinit {
        for name in ["sub/a.h5", ".hidden", "out", "in.h5", "loop", "pipe"] { unlink("\(folder)/\(name)") }
        for name in ["sub", ""] { rmdir("\(folder)/\(name)") }
    }

    private func names(_ text: String) -> [[UInt8]] {
        text.split(separator: "/").map { Array($0.utf8) }
    }

    @Test func find_FileOnTheWay_DividesThePath() throws {
        let found = try root.find(names("sub/a.h5/entry/x"))
        #expect(found.kind == .file)
        #expect(found.path == names("sub/a.h5"))
        #expect(found.rest == names("entry/x"))
    }

    @Test func find_Directory_IsOne() throws {
        #expect(try root.find(names("sub")).kind == .directory)
        #expect(try root.find([]).kind == .directory)
    }

    @Test func find_LinkInside_IsFollowed() throws {
        #expect(try root.find(names("in.h5/x")).path == names("in.h5"))
    }

    @Test(arguments: [
        ("nothing", ErrorCode.notFound), ("sub/nothing", .notFound), (".hidden", .notFound), ("out", .forbidden),
        ("loop", .forbidden), ("pipe", .forbidden),
    ])
    func find_WhatIsNotServed_IsRefused(text: String, expected: ErrorCode) {
        let error = #expect(throws: ServiceError.self) { try root.find(names(text)) }
        #expect(error?.code == expected)
        #expect(error?.message.contains(folder) == false)
    }

    @Test func openFile_WayOut_IsForbidden() {
        let error = #expect(throws: ServiceError.self) { try root.openFile(names("out/passwd"), .shared) }
        #expect(error == ServiceError(.forbidden, "out/passwd leads out of the served directory"))
    }

    @Test func openFile_Pipe_DoesNotWait() {
        let error = #expect(throws: ServiceError.self) { try root.openFile(names("pipe"), .shared) }
        #expect(error?.code == .forbidden)
    }
}
