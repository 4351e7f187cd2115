import Foundation
import LockedH5
import LockedH5Client
import TestSupport
import Testing

@Suite(.contract) struct FileContractTests {
    /// Makes a file in a folder of its own.
    private static func make(
        _ access: Access, _ path: URL, mode: WriteMode, _ creation: FileCreation = FileCreation()
    ) async throws {
        if access == .local {
            return try await outsideTasks {
                try LockedFile.write(path.path, mode: mode, creation: creation) { _ throws(ServiceError) in }
            }
        }
        let served = ServedPath("\(path.deletingLastPathComponent().lastPathComponent)/\(path.lastPathComponent)")
        let client = try Contract.now.client
        if access == .remote {
            _ = try await client.createFile(served, mode: mode, creation: creation)
            return
        }
        try await client.withFile(served, .exclusive, creating: mode != .existing) { file in
            try await file.create(mode: mode, creation: creation)
        }
    }

    private static func folder() throws -> URL {
        let folder = try Contract.now.root.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    @Test(arguments: [Access.local, .remote])
    func files_AreMade_InEachMode(access: Access) async throws {
        let path = try Self.folder().appending(path: "new.h5")
        #expect(await code { try await Self.make(access, path, mode: .existing) } == .notFound)
        try await Self.make(access, path, mode: .createIfMissing)
        #expect(await code { try await Self.make(access, path, mode: .create) } == .exists)
        try await h5py(path.path, withFile("a", "f['x'] = 1"))
        try await Self.make(access, path, mode: .createIfMissing)
        #expect(try await h5py(path.path, withFile("r", "print(list(f))")) == "['x']")
        try await Self.make(access, path, mode: .replace)
        #expect(try await h5py(path.path, withFile("r", "print(list(f))")) == "[]")
    }

    @Test(arguments: Access.allCases)
    func files_AreMade_AsAskedFor(access: Access) async throws {
        let path = try Self.folder().appending(path: "new.h5")
        let creation = FileCreation(userBlockSize: 1024, libver: (.v110, .v110), tracksCreationOrder: true)
        try await Self.make(access, path, mode: .create, creation)
        try await h5py(path.path, withFile("a", "f['z'] = 1\nf['a'] = 2"))
        let told = try await h5py(
            path.path, withFile("r", "print(f.userblock_size, list(f), f.id.get_create_plist().get_version()[0])"))
        #expect(told == "1024 ['z', 'a'] 3")
        let subject = try Contract.subject(access, path.deletingLastPathComponent(), "new.h5")
        #expect(try await subject.userBlockSize() == 1024)
    }

    @Test(arguments: [Access.local, .remote])
    func files_ThatOthersHold_AreLeftAsTheyAre(access: Access) async throws {
        let path = try Self.folder().appending(path: "held.h5")
        try await h5py(path.path, withFile("w", "f['x'] = 1"))
        let holder = try FileHandle(forReadingFrom: path)
        #expect(flock(holder.fileDescriptor, LOCK_SH) == 0)
        defer { #expect(throws: Never.self) { try holder.close() } }
        let before = try Data(contentsOf: path)
        let refused = await code {
            if access == .local {
                try await outsideTasks {
                    try LockedFile.write(path.path, mode: .replace, attempts: 2, wait: .milliseconds(5)) {
                        _ throws(ServiceError) in
                    }
                }
            } else {
                let served = ServedPath("\(path.deletingLastPathComponent().lastPathComponent)/held.h5")
                try await Contract.now.client.createFile(
                    served, mode: .replace, options: CallOptions(wait: .zero))
            }
        }
        #expect(refused == .locked)
        #expect(try Data(contentsOf: path) == before)
        // Readers beside a reader.
        #expect(try await Contract.subject(access, path.deletingLastPathComponent(), "held.h5").keys("/") == ["x"])
    }

    @Test(arguments: [Access.local, .remote])
    func files_AreRepacked(access: Access) async throws {
        let path = try Self.folder().appending(path: "big.h5")
        try await h5py(path.path, withFile("w", "f['x'] = np.zeros(100000)\nf['y'] = [1, 2]\ndel f['x']"))
        let report: RepackReport
        if access == .local {
            report = try await outsideTasks { try LockedFile.repack(path.path) }
        } else {
            let served = ServedPath("\(path.deletingLastPathComponent().lastPathComponent)/big.h5")
            report = try await Contract.now.client.file(served).repack()
        }
        #expect(report.before > 800_000 && report.after < 100_000)
        #expect(try await h5py(path.path, withFile("r", "print(f['y'][:].tolist())")) == "[1, 2]")
    }

    @Test func entries_AreMadeRenamedCopiedAndRemoved() async throws {
        let client = try Contract.now.client
        let folder = ServedPath(try Self.folder().lastPathComponent)
        let deep = folder.appending("a b+%").appending("c")
        #expect(await code { try await client.createDirectory(deep) } == .notFound)
        try await client.createDirectory(deep, creatingDirectories: true)
        #expect(await code { try await client.createDirectory(deep) } == .exists)
        try await client.createDirectory(deep, isRequired: true)
        let file = try await client.createFile(deep.appending("x #?.h5"))
        try await file.createDataset("y", [1, 2])
        try await client.copy(file.servedPath, to: deep.appending("copy.h5"))
        try await client.rename(file.servedPath, to: folder.appending("moved \u{FC}.h5"))
        #expect(
            await code { try await client.rename(deep.appending("copy.h5"), to: folder.appending("moved \u{FC}.h5")) }
                == .exists)
        #expect(try await client.list(deep).collect().map(\.name) == ["copy.h5"])
        let moved = client.file(folder.appending("moved \u{FC}.h5"))
        #expect(try await moved.dataset("y").read(as: Int.self).elements == [1, 2])
        #expect(await code { try await client.remove(deep) } == .exists)
        try await client.remove(deep.appending("copy.h5"))
        try await client.remove(deep)
        #expect(await code { try await client.list(deep).collect() } == .notFound)
    }
}
