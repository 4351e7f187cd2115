import Foundation

/// What h5py says: runs Python code that has `h5py`, `numpy as np` and the file's `path`, and gives what it prints.
@discardableResult
public func h5py(_ path: String, _ code: String) throws -> String {
    let run = try Spawning.alone { try PythonRun(path, code) }
    return try run.printed(run.output.fileHandleForReading.readDataToEndOfFile())
}

/// The same, without keeping a thread that other tasks may need.
@discardableResult
public func h5py(_ path: String, _ code: String) async throws -> String {
    let run = try await Spawning.inTurn { try PythonRun(path, code) }
    var text = Data()
    for await piece in run.output.fileHandleForReading.pieces { text += piece }
    return try run.printed(text)
}

/// Code that has a file as `f`: a new one, or with `mode` r the one that is there.
public func withFile(_ mode: String = "w", _ code: String) -> String {
    "with h5py.File(path, '\(mode)') as f:\n    pass\n"
        + code.split(separator: "\n").map { "    \($0)\n" }.joined()
}

struct PythonFailure: Error, CustomStringConvertible {
    let description: String
}

/// A Python process.
private struct PythonRun: Sendable {
    let output = Pipe()
    private let process = Process()
    private let code: String

    init(_ path: String, _ code: String) throws {
        self.code = code
        guard let python = ProcessInfo.processInfo.environment["LOCKEDH5_PYTHON"] else {
            throw PythonFailure(description: "set LOCKEDH5_PYTHON")
        }
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = ["-c", "import sys, h5py, numpy as np\npath = sys.argv[1]\n" + code, path]
        process.standardOutput = output
        try process.run()
    }

    /// What was printed, when it is all there.
    func printed(_ text: Data) throws -> String {
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw PythonFailure(description: "it fails: \(code)") }
        return String(decoding: text, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
