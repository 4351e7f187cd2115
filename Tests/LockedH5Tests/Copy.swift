import Foundation
import Glibc

/// A copy of a fixture in a folder of its own.
struct Copy {
    let path: String

    init(_ name: String) throws {
        path = try Self.folder() + "/" + name
        try FileManager.default.copyItem(atPath: fixture(name), toPath: path)
    }

    static func folder() throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder.path
    }

    /// All that a write could change.
    struct State: Equatable {
        var bytes: Data
        var inode: UInt
        var times: [Int]
    }

    func state() throws -> State {
        var status = stat()
        stat(path, &status)
        let times = [
            status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
        ]
        return State(bytes: try Data(contentsOf: URL(fileURLWithPath: path)), inode: status.st_ino, times: times)
    }
}
