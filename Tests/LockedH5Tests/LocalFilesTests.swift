import Foundation
import H5Model
import HDF5
import Testing

@testable import FileLock
@testable import LockedH5

/// A folder with a virtual dataset, external links, and what they lead to, all written by h5py.
private struct Pair {
    let folder: String

    init() throws {
        folder = try Copy.folder()
        for name in ["elsewhere.h5", "source.h5"] {
            try FileManager.default.copyItem(atPath: fixture(name), toPath: "\(folder)/\(name)")
        }
    }

    var path: String { "\(folder)/elsewhere.h5" }
    var source: String { "\(folder)/source.h5" }

    func value(_ path: ObjectPath, root: String? = nil, wait: Duration = .zero) throws -> [Int32] {
        try LockedFile.read(self.path, attempts: 1, wait: wait, root: root) { file throws(ServiceError) in
            try file.withDataset(at: path) { dataset throws(ServiceError) in
                let shape = dataset.dataspace.shape ?? []
                return try dataset.read(Hyperslab(all: shape), as: dataset.datatype.packed()).bytes
            }
        }.withUnsafeBytes { Array($0.bindMemory(to: Int32.self)) }
    }
}

@Suite struct LocalFilesTests {
    @Test(arguments: ["/virtual", "/growing", "/link"] as [ObjectPath])
    func read_OfWhatLiesInAnotherFile_IsWhatH5pyWrote(path: ObjectPath) throws {
        #expect(try Pair().value(path) == Array(0..<10))
    }

    @Test(arguments: ["/virtual", "/growing", "/link"] as [ObjectPath])
    func read_OfALockedFile_IsRefusedAndNeverFillValues(path: ObjectPath) throws {
        let pair = try Pair()
        let lock = try FileLock.open(pair.source, mode: .exclusive)
        let error = try failure { try pair.value(path) }
        #expect(error.code == .locked)
        #expect(error.message.contains("source.h5"))
        withExtendedLifetime(lock.descriptor) {}
    }

    @Test func read_OfASourceThatIsNotThere_IsFillValues() throws {
        let pair = try Pair()
        try FileManager.default.removeItem(atPath: pair.source)
        #expect(try pair.value("/virtual") == Array(repeating: 0, count: 10))
        #expect(try pair.value("/growing") == [])
        let error = try failure { try pair.value("/link") }
        #expect(
            error
                == ServiceError(
                    .notFound, "no file \"source.h5\", to which the external link /link of elsewhere.h5 leads"))
    }

    @Test func read_OfAFileOutsideTheDirectory_IsForbidden() throws {
        let pair = try Pair()
        let outside = try Copy("source.h5").path
        try FileManager.default.removeItem(atPath: pair.source)
        try FileManager.default.createSymbolicLink(atPath: pair.source, withDestinationPath: outside)
        #expect(try failure { try pair.value("/virtual") }.code == .forbidden)
        #expect(try failure { try pair.value("/link") }.code == .forbidden)
        #expect(try pair.value("/link", root: "/") == Array(0..<10))
    }

    @Test func read_OfADamagedSource_IsRefused() throws {
        let pair = try Pair()
        try Data("not HDF5 at all".utf8).write(to: URL(fileURLWithPath: pair.source))
        #expect(try failure { try pair.value("/virtual") }.code == .notHDF5)
    }

    @Test func read_OfAFileNotBelowTheDirectory_IsInvalid() throws {
        let pair = try Pair()
        #expect(try failure { try pair.value("/own", root: "/usr") }.code == .invalid)
    }

    @Test func write_ThroughAnExternalLink_IsRefused() throws {
        let pair = try Pair()
        let before = try Data(contentsOf: URL(fileURLWithPath: pair.source))
        let error = try failure {
            try LockedFile.write(pair.path) { file throws(ServiceError) in
                try file.removeAttribute("x", of: "/link")
            }
        }
        #expect(error.code == .unsupported)
        #expect(error.message.contains("one transaction writes one file"), "\(error)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: pair.source)) == before)
    }

    @Test func write_ReadsVirtualDatasets() throws {
        let pair = try Pair()
        let before = try Data(contentsOf: URL(fileURLWithPath: pair.source))
        let count = try LockedFile.write(pair.path) { file throws(ServiceError) in
            try file.createGroup(at: "/new")
            return try file.contents.withDataset(at: "/virtual") { dataset throws(ServiceError) in
                try dataset.read(Hyperslab(all: [10]), as: dataset.datatype.packed()).bytes.reduce(0) { $0 + Int($1) }
            }
        }
        #expect(count == 45)
        #expect(try Data(contentsOf: URL(fileURLWithPath: pair.source)) == before)
    }

    @Test func object_BehindALink_KeepsThePathThatWasAskedFor() throws {
        let pair = try Pair()
        let path = try LockedFile.read(pair.path) { file throws(ServiceError) in
            try file.withDataset(at: "/link") { dataset throws(ServiceError) in dataset.path }
        }
        #expect(path == "/link")
    }
}
