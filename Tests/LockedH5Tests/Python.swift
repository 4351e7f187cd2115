import Foundation
import LockedH5
import Testing

/// What h5py says: runs Python code that has `h5py`, `numpy as np` and the file's `path`, and gives what it prints.
@discardableResult
func h5py(_ path: String, _ code: String) throws -> String {
    let python = try #require(ProcessInfo.processInfo.environment["LOCKEDH5_PYTHON"], "set LOCKEDH5_PYTHON")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: python)
    process.arguments = ["-c", "import sys, h5py, numpy as np\npath = sys.argv[1]\n" + code, path]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return String(decoding: text, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
}

extension Scratch {
    /// A file that h5py has made.
    init(h5py code: String) throws {
        path = try Copy.folder() + "/made.h5"
        try LockedH5Tests.h5py(path, "with h5py.File(path, 'w') as f:\n" + indented(code))
    }

    /// What h5py prints of the file.
    func h5py(_ code: String) throws -> String {
        try LockedH5Tests.h5py(path, "with h5py.File(path) as f:\n" + indented(code))
    }
}

private func indented(_ code: String) -> String {
    code.split(separator: "\n").map { "    \($0)\n" }.joined()
}

/// The code of the failure of `body`; nil where it does not fail.
func code<R>(_ body: () throws -> R) -> ErrorCode? {
    do {
        _ = try body()
        return nil
    } catch {
        return (error as? ServiceError)?.code
    }
}
