import Glibc
import Testing

@testable import FileLock

@Suite struct FileLockErrorTests {
    @Test(arguments: [
        (FileLockError.notFound(name: "a.h5"), "there is no file a.h5"),
        (.notRegular(name: "a.h5"), "a.h5 is not a regular file"),
        (.permission(name: "a.h5", mode: .exclusive), "a.h5 may not be opened for writing"),
        (
            .locked(name: "a.h5", mode: .exclusive, waited: .milliseconds(2540), holders: [12, 13]),
            "a.h5 could not be locked (exclusive) in 2.5 s: it is locked by processes 12, 13"
        ),
        (
            .locked(name: "a.h5", mode: .shared, waited: .zero, holders: []),
            "a.h5 could not be locked (shared) in 0.0 s: it is locked by another process"
        ),
        (.system(errno: ENOLCK, operation: "lock a file"), "cannot lock a file: No locks available"),
    ])
    func description_IsOneSentence(error: FileLockError, sentence: String) {
        #expect("\(error)" == sentence)
    }

    @Test(arguments: [
        (EACCES, FileLockError.permission(name: "a.h5", mode: .shared)),
        (EROFS, .permission(name: "a.h5", mode: .shared)),
        (ENOENT, .notFound(name: "a.h5")), (EISDIR, .notRegular(name: "a.h5")),
        (EMFILE, .system(errno: EMFILE, operation: "open a.h5")),
    ])
    func error_OfACode_NamesTheLastComponentOnly(code: Int32, expected: FileLockError) {
        #expect(FileLockError(code, path: "/srv/data/a.h5", mode: .shared, operation: "open") == expected)
    }
}
