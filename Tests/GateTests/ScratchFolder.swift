import Glibc
import H5Model
import Testing

@testable import Gate

/// A served directory for one test; it goes with everything in it.
final class ScratchFolder {
    let path: String
    let root: ServedRoot
    let rights = EntryRights(mode: 0o640)

    init() throws {
        var template = Array("/tmp/lockedh5-gate-XXXXXX".utf8CString)
        _ = try #require(mkdtemp(&template))
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        root = try ServedRoot(path)
    }

    deinit {
        for name in allNames { unlink("\(path)/\(name)") }
        for name in allNames { rmdir("\(path)/\(name)") }
        rmdir(path)
    }

    /// All names, hidden ones too, in order.
    var allNames: [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            names.append(
                withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
        }
        return names.filter { $0 != "." && $0 != ".." }.sorted()
    }

    func make(_ name: String, _ text: String = "", mode: mode_t = 0o600) {
        let file = open("\(path)/\(name)", O_CREAT | O_RDWR | O_TRUNC, mode)
        _ = write(file, text, text.utf8.count)
        close(file)
    }

    func text(_ name: String) -> String {
        let file = open("\(path)/\(name)", O_RDONLY)
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(file, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
    }

    func names(_ text: String) -> FilePath {
        text.split(separator: "/").map { Array($0.utf8) }
    }
}
