import Foundation
import H5Model
import HTTPMessage
import HTTPTypes
import Synchronization
import Testing

@testable import LockedH5Client

struct SlabReaderTests {
    private let clock = InstantClock()

    private func client(_ server: StubServer) throws -> HDF5Client {
        let url = try #require(URL(string: "http://host"))
        return try HDF5Client(url: url, transport: server, retry: .never, clock: clock)
    }

    /// The elements of a dataset of 9 bytes, in slabs of 4.
    private func elements(_ server: StubServer, _ options: CallOptions = CallOptions()) async throws -> [Int] {
        var elements: [Int] = []
        let slabs = try client(server).slabs(of: "/x", in: "f", as: Int.self, slabSize: 4, options: options)
        for try await slab in slabs { elements += slab.values }
        return elements
    }

    /// The values that a request selects, which are their indices.
    private static func values(_ request: StubServer.Request, tag: String?) -> StubServer.Answer {
        let bounds = request.path.split(separator: "select=").last?.split(separator: "&").first?.split(separator: "%3A")
        let numbers = bounds?.compactMap { UInt8($0) } ?? []
        var fields: HTTPFields = [
            .contentType: "application/octet-stream", .hdf5Datatype: "|u1",
            .hdf5Shape: "\(numbers.count == 2 ? numbers[1] - numbers[0] : 0)",
        ]
        fields[.eTag] = tag
        return (200, fields, numbers.count == 2 ? Array(numbers[0]..<numbers[1]) : [])
    }

    private func isDescription(_ request: StubServer.Request) -> Bool { request.path.hasPrefix("/v1/datasets") }

    @Test func progress_OfMoreThanCanBeCountedHasNoTotal() {
        var plan = SlabReader.Plan(
            selection: .hyperslab(Hyperslab(spans: [Span(start: 0, count: 1 << 61)])), count: 1 << 61, elementSize: 8,
            limit: 1, chunk: nil, options: CallOptions())
        #expect(plan.progress(3) == TransferProgress(bytes: 24, total: nil))
        plan.count = 4
        #expect(plan.progress(3) == TransferProgress(bytes: 24, total: 32))
    }

    @Test func slabs_AreAskedForWithTheTagOfTheFirst() async throws {
        let server = StubServer { request in
            request.path.hasPrefix("/v1/datasets")
                ? StubServer.dataset(9, tag: "\"d\"") : Self.values(request, tag: "\"v\"")
        }
        #expect(try await elements(server) == Array(0..<9))
        #expect(server.requests.map(isDescription) == [true, false, true, false, false])
        #expect(server.requests.map { $0[.ifMatch] } == [nil, nil, "\"v\"", "\"v\"", "\"v\""])
        #expect(clock.pauses.isEmpty)
    }

    @Test(arguments: [nil, "W/\"v\""])
    func slab_WithoutAStrongTagIsReadAnew(tag: String?) async throws {
        let server = StubServer { request in
            if request.path.hasPrefix("/v1/datasets") { return StubServer.dataset(9) }
            return Self.values(request, tag: request.earlier == 0 ? tag : "\"v\"")
        }
        #expect(try await elements(server) == Array(0..<9))
        #expect(clock.pauses == [.milliseconds(25)])
    }

    @Test func slab_OfADatasetThatHasJustGrownIsReadAnew() async throws {
        let server = StubServer { request in
            if request.path.hasPrefix("/v1/datasets") { return StubServer.dataset(request.earlier == 0 ? 5 : 9) }
            return Self.values(request, tag: "\"v\"")
        }
        #expect(try await elements(server) == Array(0..<9))
        #expect(clock.pauses == [.milliseconds(25)])
    }

    @Test func file_ThatChangesAllTheTimeIsGivenUp() async throws {
        let server = StubServer { request in
            request.path.hasPrefix("/v1/datasets") ? StubServer.dataset(9) : Self.values(request, tag: "W/\"v\"")
        }
        let error = try await failure { try await elements(server) }
        guard case .changedMeanwhile = error.reason else { throw error }
        #expect(clock.pauses.count == 20)
    }

    /// The tag of such a dataset's values tells of its sources too.
    @Test func virtualDataset_IsDescribedAgainWithoutItsValuesTag() async throws {
        let server = StubServer { request in
            if request.path.hasPrefix("/v1/datasets") { return StubServer.dataset(9, layout: "virtual") }
            return Self.values(request, tag: "\"v\"")
        }
        #expect(try await elements(server) == Array(0..<9))
        #expect(server.requests.map { $0[.ifMatch] } == [nil, nil, nil, "\"v\"", "\"v\""])
    }

    @Test func slabs_UnderALeaseHaveNoCondition() async throws {
        let server = StubServer { request in
            request.path.hasPrefix("/v1/datasets") ? StubServer.dataset(9) : Self.values(request, tag: "W/\"v\"")
        }
        #expect(try await elements(server, CallOptions(lockToken: "t1")) == Array(0..<9))
        #expect(server.requests.map { $0[.ifMatch] } == [nil, nil, nil, nil])
    }

    @Test func slabs_OfOneStateAreAskedForWithItsTag() async throws {
        let server = StubServer { request in
            request.path.hasPrefix("/v1/datasets") ? StubServer.dataset(9) : Self.values(request, tag: "\"v\"")
        }
        #expect(
            try await elements(server, CallOptions(ifMatch: LockedH5Client.EntityTag(field: "\"7\""))) == Array(0..<9))
        #expect(server.requests.map { $0[.ifMatch] } == ["\"7\"", "\"7\"", "\"7\"", "\"7\""])
    }

    @Test func slab_ThatIsRefusedTellsWhatWasReadBefore() async throws {
        let server = StubServer { request in
            if request.path.hasPrefix("/v1/datasets") { return StubServer.dataset(9) }
            return request.path.contains("8%3A9")
                ? StubServer.refusal(500, "worker_failed") : Self.values(request, tag: "\"v\"")
        }
        let error = try await failure { try await elements(server) }
        #expect(error.code == .workerFailed)
        #expect(error.done == TransferProgress(bytes: 8, total: 9))
    }

    @Test(arguments: ["9", "x", "0,0"])
    func selection_ThatSelectsNothingThereIsIsNotSent(select: String) async throws {
        let server = StubServer { _ in StubServer.dataset(9) }
        let slabs = try client(server).slabs(of: "/x", in: "f", select: select, as: Int.self)
        let error = try await failure { for try await _ in slabs {} }
        guard case .notSent = error.reason else { throw error }
        #expect(server.requests.count == 1)
    }
}
