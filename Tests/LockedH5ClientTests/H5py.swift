import Foundation
import LockedH5Client
import TestSupport
import Testing

/// Another program that works on the files of the suite's server.
enum H5py {
    /// What a Python program prints that has `path`, a file below the served directory.
    static func run(_ source: String, on file: ServedPath) async throws -> String {
        let path = try #require(LiveServer.current).root.appending(path: file.description).path
        return try await h5py(path, "import json, numpy\n" + source)
    }

    /// What h5py finds in the file that a Python expression calls `f`, as JSON.
    static func find(_ expression: String, in file: ServedPath) async throws -> String {
        try await run("f = h5py.File(path); print(json.dumps(\(expression)), end='')", on: file)
    }

    /// A new file, made by Python statements that call it `f`.
    static func make(_ statements: String) async throws -> ServedPath {
        let file = ServedPath("\(UUID().uuidString).h5")
        let output = try await run("f = h5py.File(path, 'w-')\n\(statements)\nf.close(); print('made')", on: file)
        try #require(output == "made", "Python could not make the file")
        return file
    }
}
