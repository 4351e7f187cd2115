import Glibc
import H5Model
import Testing

@testable import Gate

@Suite struct ServedRootEntriesTests {
    private let folder: ScratchFolder

    init() throws {
        folder = try ScratchFolder()
    }

    private func place(_ path: String) throws -> Place {
        try folder.root.place(folder.names(path))
    }

    private func code(_ body: () throws -> Void) -> ErrorCode? {
        #expect(throws: ServiceError.self) { try body() }?.code
    }

    @Test(arguments: [
        ("", ErrorCode.invalid), (".a.h5", .invalid), ("nothing/a.h5", .notFound), ("../a.h5", .invalid),
        (String(repeating: "x", count: 256), .invalid),
    ])
    func place_WhereNoneCanBe_IsRefused(path: String, expected: ErrorCode) {
        #expect(code { _ = try place(path) } == expected)
    }

    @Test func place_WithRights_MakesDirectories() throws {
        _ = try folder.root.place(folder.names("x/a.h5"), making: folder.rights)
        var status = stat()
        #expect(stat("\(folder.path)/x", &status) == 0)
        #expect(status.st_mode & 0o777 == 0o750)
    }

    @Test func makeDirectory_Twice_Exists() throws {
        try folder.root.makeDirectory(try place("x"), folder.rights)
        #expect(code { try folder.root.makeDirectory(try place("x"), folder.rights) } == .exists)
    }

    @Test func remove_DirectoryWithContent_IsRefused() throws {
        mkdir("\(folder.path)/x", 0o700)
        folder.make("x/a.h5")
        defer { unlink("\(folder.path)/x/a.h5") }
        let error = #expect(throws: ServiceError.self) {
            try folder.root.remove(try place("x"), isDirectory: true)
        }
        #expect(error == ServiceError(.exists, "the directory x is not empty"))
    }

    @Test func rename_TakenName_ChangesNothing() throws {
        folder.make("a.h5", "a")
        folder.make("b.h5", "b")
        #expect(code { try folder.root.rename(try place("a.h5"), to: try place("b.h5")) } == .exists)
        #expect(folder.text("a.h5") == "a")
        #expect(folder.text("b.h5") == "b")
    }

    @Test func rename_DirectoryIntoItself_IsInvalid() throws {
        mkdir("\(folder.path)/x", 0o700)
        #expect(code { try folder.root.rename(try place("x"), to: try place("x/y")) } == .invalid)
    }
}
