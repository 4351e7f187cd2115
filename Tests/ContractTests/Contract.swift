import Foundation
import LockedH5
import LockedH5Client
import TestSupport
import Testing

/// The folder that is served, and its server, for as long as a suite runs.
struct Contract {
    @TaskLocal static var current: Contract?

    let root: URL
    let client: HDF5Client

    static var now: Contract {
        get throws { try #require(current, "the suite has no server: @Suite(.contract)") }
    }

    /// A file that h5py makes, as `access` has it.
    static func file(_ access: Access, h5py code: String = "") async throws -> ScratchFile {
        let folder = try now.root.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let scratch = ScratchFile(
            subject: try subject(access, folder, "made.h5"), folder: folder.path,
            path: folder.appending(path: "made.h5").path)
        try await TestSupport.h5py(scratch.path, withFile("w", code))
        return scratch
    }

    static func subject(_ access: Access, _ folder: URL, _ name: String) throws -> any Subject {
        switch access {
        case .local: LocalSubject(path: folder.appending(path: name).path)
        case .remote, .leased:
            RemoteSubject(
                client: try now.client, path: ServedPath("\(folder.lastPathComponent)/\(name)"),
                isLeased: access == .leased)
        }
    }
}

/// A file of one test alone.
struct ScratchFile {
    let subject: any Subject
    let folder: String
    let path: String

    /// What h5py prints of the file, which the code has as `f`.
    func h5py(_ code: String) async throws -> String {
        try await TestSupport.h5py(path, withFile("r", code))
    }

    /// The code of the failure of `body`, which has not changed a byte of the file; nil where it does not fail.
    func refusal(_ body: () async throws -> Void) async throws -> ErrorCode? {
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        let code = await code(body)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        return code
    }
}

/// The code of the failure of `body`; nil where it does not fail.
func code<R>(_ body: () async throws -> R) async -> ErrorCode? {
    do {
        _ = try await body()
        return nil
    } catch let error as HDF5ClientError {
        return error.code
    } catch {
        return (error as? ServiceError)?.code
    }
}

/// Starts a server before a suite's tests and ends it after them.
struct ContractTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await withFolder { folder in
            let root = folder.appending(path: "root")
            try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
            let process = try ServerProcess(root: root, state: folder.appending(path: "state"))
            let url = try await process.start()
            let contract = Contract(root: root, client: try HDF5Client(url: url))
            let result: Result<Void, any Error>
            do {
                result = .success(try await Contract.$current.withValue(contract, operation: function))
            } catch {
                result = .failure(error)
            }
            await process.end()
            try result.get()
        }
    }
}

extension Trait where Self == ContractTrait {
    static var contract: Self { ContractTrait() }
}

/// Another file that h5py makes, in the same folder.
func makeFileBeside(_ file: ScratchFile, _ name: String, _ code: String) async throws {
    try await h5py("\(file.folder)/\(name)", withFile("w", code))
}

/// One at a time: a process has one scope at a time anyway.
private let scopes = DispatchQueue(label: "scopes")

/// Runs what waits, for locks and for disks, on a thread that no task needs.
func outsideTasks<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
    try await withCheckedThrowingContinuation { continuation in
        scopes.async { continuation.resume(with: Result(catching: body)) }
    }
}
