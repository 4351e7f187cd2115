import CHDF5
import Foundation
import Glibc
import H5Model
import LeakCheck
import Testing

@testable import HDF5
@testable import RedoLog

/// A transaction of libhdf5's own making, killed after each step and half way through each write.
@Suite(.leavesNothingOpen) struct CommitTests {
    @Test(arguments: ["links", "attributes", "filters", "userblock"], Fixtures.bounds)
    func commit_KilledAnywhere_IsBeforeOrAfter(kind: String, bound: String) throws {
        let fixture = try Data(contentsOf: URL(fileURLWithPath: Fixtures.path("\(kind)-\(bound).h5")))
        let recorder = StepRecorder(Array(fixture))
        let before = try content(recorder.bytes)
        try change(recorder)
        let after = try content(recorder.bytes)
        #expect(before != after)
        var replays = 0
        for state in recorder.states {
            let found = try content(state) { descriptor in
                if try RedoLog.recover(descriptor: descriptor) == .replayed { replays += 1 }
            }
            #expect(found == before || found == after)
        }
        #expect(replays > 2)
        #expect(recorder.states.count > 10)
    }

    private func change(_ recorder: StepRecorder) throws {
        let transaction = try Transaction(recorder, settings: TransactionSettings(appendBuffer: 0))
        let scratch = try Scratch(recorder.bytes)
        try ProcessLock.withLock {
            let file = try File(descriptor: scratch.descriptor, name: "x.h5", transaction: transaction)
            try Workload.run(on: file.handle.id)
            try file.close()
        }
        try transaction.commit()
    }

    /// All that a reader finds in a file, one line an object.
    private func content(_ bytes: [UInt8], _ prepare: (Int32) throws -> Void = { _ in }) throws -> [String] {
        let scratch = try Scratch(bytes)
        try prepare(scratch.descriptor)
        return try ProcessLock.withLock {
            let file = try File(descriptor: scratch.descriptor, name: "x.h5")
            var lines = [try describe("/", in: file)]
            var walk = try TreeWalk(from: .root, in: file, maximumDepth: nil)
            while let found = try walk.next(in: file) { lines.append(try describe(found.path, in: file)) }
            try file.close()
            return lines
        }
    }

    private func describe(_ path: ObjectPath, in file: borrowing File) throws -> String {
        let object = try file.object(at: path)
        let attributes = try object.attributes(limit: .max)
        guard object.kind == .dataset else { return "\(path) \(object.kind) \(attributes)" }
        let dataset = try file.dataset(at: path)
        let info = try dataset.info()
        let shape = dataset.dataspace.shape ?? []
        let value = try? dataset.read(Selection(all: shape), as: dataset.datatype.packed(), limit: .max)
        return "\(path) \(info) \(attributes) \(value?.bytes.hashValue ?? 0)"
    }
}

/// Some of everything, by libhdf5's own functions.
private enum Workload {
    static func run(on file: hid_t) throws {
        let none = hid_t(0)
        let group = try check(H5Gcreate2(file, "/a group", none, none, none), "making a group")
        let space = try check(H5Screate(H5S_SCALAR), "making a dataspace")
        let type = chdf5_integer(8, 1, 0)
        for index in 0..<40 {
            var number = Int64(index)
            let attribute = try check(H5Acreate2(group, "a\(index)", type, space, none, none), "making an attribute")
            try check(H5Awrite(attribute, type, &number), "writing an attribute")
            try check(H5Aclose(attribute), "closing an attribute")
        }
        try write(in: group, type)
        try check(H5Sclose(space), "closing a dataspace")
        try check(H5Gclose(group), "closing a group")
        try removeFirstLink(of: file)
    }

    private static func write(in group: hid_t, _ type: hid_t) throws {
        let none = hid_t(0)
        var length: hsize_t = 20_000
        let space = try check(H5Screate_simple(1, &length, nil), "making a dataspace")
        let dataset = try check(H5Dcreate2(group, "numbers", type, space, none, none, none), "making a dataset")
        let numbers = (0..<20_000).map { Int64($0) }
        try check(H5Dwrite(dataset, type, none, none, none, numbers), "writing a dataset")
        try check(H5Dclose(dataset), "closing a dataset")
        try check(H5Sclose(space), "closing a dataspace")
    }

    private static func removeFirstLink(of file: hid_t) throws {
        var name = [CChar](repeating: 0, count: 200)
        let none = hid_t(0)
        try check(
            H5Lget_name_by_idx(file, ".", H5_INDEX_NAME, H5_ITER_DEC, 0, &name, name.count, none), "finding a link")
        try check(H5Ldelete(file, name, none), "removing a link")
    }
}

/// A file without a name that has these bytes.
private struct Scratch: ~Copyable {
    let descriptor: Int32

    init(_ bytes: [UInt8]) throws {
        var template = Array("/tmp/hdf5-XXXXXX".utf8CString)
        descriptor = mkstemp(&template)
        unlink(template)
        try #require(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    }

    deinit { close(descriptor) }
}
