import Foundation
import H5Model
import Synchronization
import Testing

@testable import LockedH5Client

@Suite(.liveServer)
struct LiveTransferTests {
    private let client: HDF5Client
    private let root: URL

    init() throws {
        client = try LiveServer.client()
        root = try #require(LiveServer.current).root
    }

    /// A file of about 1.6 MB.
    private func large() async throws -> ServedPath {
        try await H5py.make("f['x'] = numpy.arange(200000.)")
    }

    private func bytes(of file: ServedPath) throws -> Data {
        try Data(contentsOf: root.appending(path: file.description))
    }

    /// Runs `body` with an empty directory of its own.
    private func withFolder<Success>(_ body: (URL) async throws -> Success) async throws -> Success {
        let folder = FileManager.default.temporaryDirectory.appending(path: "transfer-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try await body(folder)
    }

    private func names(in folder: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    }

    @Test func download_IsTheFile() async throws {
        let file = try await large()
        try await withFolder { folder in
            let told = Mutex<[Int]>([])
            let target = folder.appending(path: "a b.h5")
            try Data("old".utf8).write(to: target)
            try await client.download(file, to: target, pieceSize: 700_000) { progress in
                told.withLock { $0.append(progress.bytes) }
            }
            #expect(try Data(contentsOf: target) == bytes(of: file))
            #expect(try names(in: folder) == ["a b.h5"])
            let numbers = told.withLock { $0 }
            let size = try bytes(of: file).count
            #expect(numbers.first == 0 && numbers.last == size)
            #expect(numbers == Set(numbers).sorted())
            // Each request ends with a piece.
            #expect(numbers.contains(700_000) && numbers.contains(1_400_000))
        }
    }

    @Test func download_GoesOnWhereItWas() async throws {
        let (client, file) = (client, try await large())
        try await withFolder { folder in
            let target = folder.appending(path: "x.h5")
            let task = Task {
                try await client.download(file, to: target, pieceSize: 100_000) { progress in
                    if progress.bytes >= 500_000 { withUnsafeCurrentTask { $0?.cancel() } }
                }
            }
            let error = try await failure { try await task.value }
            #expect(error.isCancelled, "\(error)")
            let done = try #require(error.done?.bytes)
            #expect(done >= 500_000)
            #expect(try names(in: folder).allSatisfy { $0.hasPrefix(".x.h5.") && $0.hasSuffix(".part") })
            let first = Mutex<Int?>(nil)
            try await client.download(file, to: target) { progress in
                first.withLock { if $0 == nil { $0 = progress.bytes } }
            }
            #expect(first.withLock { $0 } == done)
            #expect(try Data(contentsOf: target) == bytes(of: file))
            #expect(try names(in: folder) == ["x.h5"])
        }
    }

    @Test func download_OfAFileThatIsChangedMeanwhileLeavesNothing() async throws {
        let file = try await large()
        try await withFolder { folder in
            let path = root.appending(path: file.description)
            let error = try await failure {
                try await client.download(file, to: folder.appending(path: "x.h5"), pieceSize: 100_000) { progress in
                    if progress.bytes == 300_000 {
                        #expect(throws: Never.self) {
                            try FileManager.default.setAttributes([.modificationDate: Date()], ofItemAtPath: path.path)
                        }
                    }
                }
            }
            guard case .changedMeanwhile = error.reason else { throw error }
            #expect(error.code == .preconditionFailed)
            #expect(try names(in: folder).isEmpty)
        }
    }

    @Test func download_ToWhereNothingCanBeMadeIsAnError() async throws {
        let target = URL(fileURLWithPath: "/proc/none/x.h5")
        let error = try await failure { try await client.download("source.h5", to: target) }
        guard case .localFile(let reason) = error.reason else { throw error }
        #expect(reason.code == .notFound)
        #expect(reason.message.hasPrefix("cannot make /proc/none/"))
    }

    @Test func upload_IsTheFile() async throws {
        let file = try await large()
        let told = Mutex<[Int]>([])
        let source = root.appending(path: file.description)
        try await client.upload(source, to: "new dir/x.h5", makingParents: true, pieceSize: 700_000) { progress in
            told.withLock { $0.append(progress.bytes) }
        }
        #expect(try bytes(of: "new dir/x.h5") == bytes(of: file))
        #expect(told.withLock { $0 } == [0, 700_000, 1_400_000, try bytes(of: file).count])
        let error = try await failure { try await client.upload(source, to: "new dir/x.h5", isNew: true) }
        #expect(error.code == .preconditionFailed)
    }

    @Test func upload_GoesOnWhereItWas() async throws {
        let (client, file) = (client, try await large())
        let source = root.appending(path: file.description)
        let task = Task {
            try await client.upload(source, to: "gone on.h5", pieceSize: 100_000) { progress in
                if progress.bytes == 500_000 { withUnsafeCurrentTask { $0?.cancel() } }
            }
        }
        let error = try await failure { try await task.value }
        #expect(error.isCancelled, "\(error)")
        let first = Mutex<Int?>(nil)
        try await client.upload(source, to: "gone on.h5", goingOn: true) { progress in
            first.withLock { if $0 == nil { $0 = progress.bytes } }
        }
        #expect(try #require(first.withLock { $0 }) >= 500_000)
        #expect(try bytes(of: "gone on.h5") == bytes(of: file))
    }

    @Test func upload_ThatIsToGoOnWithAnotherFileBeginsAnew() async throws {
        let file = try await large()
        let size = try bytes(of: file).count
        let other = try await H5py.make("f['x'] = -numpy.arange(200000.)")
        try #require(try bytes(of: other).count == size)
        let source = root.appending(path: other.description)
        let task = Task { [client] in
            try await client.upload(source, to: "mixed.h5", pieceSize: 100_000) { progress in
                if progress.bytes == 500_000 { withUnsafeCurrentTask { $0?.cancel() } }
            }
        }
        _ = try await failure { try await task.value }
        try await client.upload(root.appending(path: file.description), to: "mixed.h5", goingOn: true)
        #expect(try bytes(of: "mixed.h5") == bytes(of: file))
    }

    @Test func upload_OfWhatIsNoHDF5FileIsRefused() async throws {
        try await withFolder { folder in
            let source = folder.appending(path: "text")
            try Data("no HDF5".utf8).write(to: source)
            let error = try await failure { try await client.upload(source, to: "text2.h5") }
            #expect(error.code == .notHDF5)
            try Data().write(to: source)
            let empty = try await failure { try await client.upload(source, to: "text2.h5") }
            guard case .localFile = empty.reason else { throw empty }
        }
    }

    @Test func leasedFile_IsUploadedAndDownloadedUnderItsLease() async throws {
        let file = try await large()
        let source = root.appending(path: file.description)
        let client = client
        try await withFolder { folder in
            let target = folder.appending(path: "x.h5")
            try await client.withFile("leased.h5", .exclusive, creating: true) { leased in
                try await leased.upload(source, pieceSize: 700_000)
                try await leased.download(to: target)
                let status = try await client.locks(of: "leased.h5")
                #expect(status.holders.map(\.fence) == [leased.fence])
            }
            #expect(try Data(contentsOf: target) == bytes(of: file))
        }
    }
}
