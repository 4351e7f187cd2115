import Foundation
import H5Model
import TestSupport
import Testing

@testable import LockedH5Client

@Suite(.liveServer)
struct LiveLeaseTests {
    private let client: HDF5Client
    /// A copy of a file with the numbers from 0 to 9 at /x, of one test alone.
    private let file: ServedPath

    init() throws {
        client = try LiveServer.client()
        file = try Self.copy(of: "source.h5")
    }

    private static func copy(of name: String) throws -> ServedPath {
        let root = try #require(LiveServer.current).root
        let copy = "\(UUID().uuidString).h5"
        try FileManager.default.copyItem(at: root.appending(path: name), to: root.appending(path: copy))
        return ServedPath(copy)
    }

    @Test func withFile_LosesNoChangeOfManyClients() async throws {
        let (client, file) = (client, file)
        try await withThrowingTaskGroup { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<5 {
                        try await client.withFile(file, .exclusive, wait: .seconds(60)) { file in
                            let x = try await file.read("/x", select: "0", as: Int.self)
                            try await file.write([x[0] + 1], shape: [], to: "/x", select: "0")
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await H5py.find("int(f['x'][0])", in: file) == "20")
        #expect(try await client.locks(of: file) == LockStatus(holders: [], waiters: []))
    }

    @Test func ifUnchanged_LosesNoChangeOfManyClients() async throws {
        let (client, file) = (client, file)
        try await withThrowingTaskGroup { group in
            for place in 0..<4 {
                group.addTask {
                    for _ in 0..<5 {
                        try await client.ifUnchanged("/x", in: file, as: Int.self, attempts: 1000) { $0[0] += 1 }
                        try await client.ifUnchanged("/x", in: file, select: "\(place + 1)", as: Int.self) {
                            $0[0] += 1
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await H5py.find("f['x'][:].tolist()", in: file) == "[20, 6, 7, 8, 9, 5, 6, 7, 8, 9]")
    }

    @Test func withFile_KeepsOthersOut() async throws {
        let (client, file) = (client, file)
        try await client.withFile(file, .exclusive) { leased in
            let status = try await client.locks(of: file)
            #expect(status.holders.map(\.fence) == [leased.fence])
            #expect(status.holders.first?.expires ?? .distantPast > .now)
            let options = CallOptions(wait: .zero)
            let error = try await failure { try await client.read("/x", in: file, as: Int.self, options: options) }
            #expect(error.code == .locked)
            #expect(try await leased.read("/x", select: ":2", as: Int.self) == [0, 1])
            let lease = try await failure { try await client.withFile(file, .shared, wait: .zero) { _ in } }
            #expect(lease.code == .locked)
        }
    }

    @Test func withFile_SharedRefusesToWrite() async throws {
        let error = try await failure {
            try await client.withFile(file, .shared) { file in
                #expect(try await file.describeDataset("/x").shape == [10])
                try await file.write([1], shape: [], to: "/x")
            }
        }
        #expect(error.code == .wrongKind)
    }

    @Test func withFile_RenewsItsLease() async throws {
        let (client, file) = (client, file)
        try await client.withFile(file, .exclusive, ttl: .seconds(20)) { _ in
            var ends: Set<Date?> = []
            while ends.count < 3 {
                let status = try await client.locks(of: file)
                ends.insert(try #require(status.holders.first).expires)
            }
        }
    }

    @Test func withFile_TellsThatItsLeaseWasLost() async throws {
        let client = client
        let error = try await failure {
            try await client.withFile(file, .exclusive) { file in
                try await client.release(file.lease)
                try await file.write([100], shape: [], to: "/x")
            }
        }
        #expect(error.code == .leaseLost)
        #expect(try await H5py.find("int(f['x'][0])", in: file) == "0")
    }

    @Test func token_IsForOtherRequestsToo() async throws {
        let (client, file) = (client, file)
        try await client.withFile(file, .exclusive) { leased in
            let options = CallOptions(wait: .zero, lockToken: leased.token)
            let three = try await client.read("/x", in: file, select: "3", as: Int.self, options: options)
            #expect(three == [3])
        }
    }

    @Test func ifMatch_HoldsForWhatWasReadAlone() async throws {
        let first = try #require(try await client.taggedValue(of: "/x", in: file, select: "0:2").tag)
        let last = try #require(try await client.taggedValue(of: "/x", in: file, select: "8:10").tag)
        let value = try #require(try await client.value(of: "/x", in: file, select: "0:2"))
        let zeros = Value(datatype: value.datatype, shape: [2], bytes: Array(repeating: 0, count: value.bytes.count))
        let options = CallOptions(ifMatch: first)
        try await client.write(zeros, to: "/x", in: file, select: "0:2", options: options)
        let error = try await failure {
            try await client.write(zeros, to: "/x", in: file, select: "0:2", options: options)
        }
        #expect(error.code == .preconditionFailed)
        try await client.write(zeros, to: "/x", in: file, select: "8:10", options: CallOptions(ifMatch: last))
        #expect(try await H5py.find("f['x'][:].tolist()", in: file) == "[0, 0, 2, 3, 4, 5, 6, 7, 0, 0]")
    }

    @Test func batch_IsDoneTogetherOrNotAtAll() async throws {
        let last = try #require(try await client.value(of: "/x", in: file, select: "9:"))
        try await client.batch(file) { batch in
            try batch.write([7], shape: [], to: "/x", select: ":2")
            try batch.write(last, to: "/x", select: "2:3")
            try batch.setAttribute("a", of: "/x", to: "b")
        }
        let error = try await failure {
            try await client.batch(file) { batch in
                try batch.write([0], shape: [], to: "/x")
                try batch.write([0], to: "/none")
            }
        }
        #expect(error.code == .notFound)
        #expect(error.refusal?.index == 1)
        #expect(try await H5py.find("[f['x'][:4].tolist(), f['x'].attrs['a']]", in: file) == #"[[7, 7, 9, 3], "b"]"#)
    }

    @Test func batch_UnderALeaseIsPartOfIt() async throws {
        let (client, file) = (client, file)
        try await client.withFile(file, .exclusive) { file in
            try await file.batch { batch in
                try batch.write([5], to: "/x", select: ":1")
                try batch.setAttribute(
                    "v", of: "/x", value: Value(datatype: .float(.init(size: 4)), shape: [], bytes: [0, 0, 0x80, 0x3F]))
            }
            let first = try await file.read("/x", select: "0", as: Int.self)
            #expect(first == [5])
        }
        #expect(try await H5py.find("float(f['x'].attrs['v'])", in: file) == "1.0")
    }

    @Test func attributes_AreWhatH5pyFinds() async throws {
        try await client.setAttribute("i", of: "/x", in: file, to: Int16(-3))
        try await client.setAttribute("f", of: "/x", in: file, to: [Float(0.1), .infinity])
        try await client.setAttribute("s", of: "/x", in: file, to: ["\u{E9}", ""], shape: [2, 1])
        try await client.setAttribute("b", of: "/x", in: file, to: true)
        let big = Value(datatype: .integer(.init(size: 2, isSigned: false, order: .big)), shape: [1], bytes: [1, 2])
        try await client.setAttribute("v", of: "/x", in: file, value: big)
        try await client.ifUnchanged(attribute: "v", of: "/x", in: file, as: Int.self) { $0[0] += 1 }
        try await client.setAttribute("gone", of: "/x", in: file, to: 1)
        try await client.removeAttribute("gone", of: "/x", in: file)
        let expression =
            "{n: [str(a.dtype), a.shape, a.tolist()] for n, a in ((n, f['x'].attrs.get(n)) for n in 'ibv')}"
        #expect(
            try await H5py.find(expression, in: file)
                == #"{"i": ["int16", [], -3], "b": ["bool", [], true], "v": [">u2", [1], [259]]}"#)
        #expect(try await H5py.find("f['x'].attrs['s'].tolist()", in: file) == #"[["\u00e9"], [""]]"#)
        #expect(
            try await H5py.find("[str(f['x'].attrs['f'].dtype), str(f['x'].attrs['f'])]", in: file)
                == #"["float32", "[0.1 inf]"]"#
        )
        #expect(try await H5py.find("len(f['x'].attrs)", in: file) == "5")
    }

    @Test func values_AreWhatH5pyFinds() async throws {
        let file = try Self.copy(of: "types-v110.h5")
        try await client.write(["one", "\u{65E5}"], to: "/strings", in: file, select: ":2")
        #expect(try await H5py.find("[s.decode() for s in f['strings'][:2]]", in: file) == #"["one", "\u65e5"]"#)
        let rows = try #require(try await client.value(of: "/rows", in: file, select: "0", fields: ["weight"]))
        let changed = Value(datatype: rows.datatype, shape: rows.shape, bytes: [0, 0, 0, 0, 0, 0, 0x19, 0x40])
        try await client.write(changed, to: "/rows", in: file, select: "0", fields: ["weight"])
        #expect(try await H5py.find("float(f['rows'][0]['weight'])", in: file) == "6.25")
        try await client.ifUnchanged("/be_i2/gzip", in: file, select: "0,:2", as: Int.self) { $0 = [$0[1], -5] }
        #expect(try await H5py.find("f['be_i2/gzip'][0, :2].tolist()", in: file) == "[4, -5]")
    }
}
