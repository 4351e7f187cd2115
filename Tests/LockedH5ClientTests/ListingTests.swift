import Foundation
import H5Model
import LockedH5Client
import Testing

struct ListingTests {
    private func page(_ names: [String], next: String) -> String {
        let members = names.map { #"{"name":"\#($0)","kind":"group","link":"hard"}"# }
        return #"{"members":[\#(members.joined(separator: ","))],"next":\#(next)}"#
    }

    @Test func members_FollowNext() async throws {
        let transport = FakeTransport(page(["a", "b+"], next: #""b+""#), page(["c"], next: "null"))
        let members = try await HDF5Client.make(transport).members(of: "/g", in: "f", pageSize: 2).collect()
        #expect(members.map(\.name) == ["a", "b+", "c"])
        #expect(transport.targets == ["/v1/groups/f/g?limit=2", "/v1/groups/f/g?limit=2&after=b%2B"])
    }

    @Test func members_AreAskedForOnlyAsFarAsTheyAreRead() async throws {
        let transport = FakeTransport(page(["a", "b"], next: #""b""#))
        for try await member in try HDF5Client.make(transport).members(of: "/", in: "f") where member.name == "b" {
            break
        }
        #expect(transport.targets.count == 1)
    }

    @Test func members_OfAnEmptyGroupAreNone() async throws {
        let client = try HDF5Client.make(FakeTransport(page([], next: "null")))
        #expect(try await client.members(of: "/", in: "f").collect().isEmpty)
    }

    @Test(arguments: [[], ["a"]])
    func members_ThatNeverEndAreAnError(second: [String]) async throws {
        let client = try HDF5Client.make(FakeTransport(page(["a"], next: #""a""#), page(second, next: #""a""#)))
        let error = try await failure { try await client.members(of: "/", in: "f").collect() }
        guard case .notUnderstood = error.reason else { throw error }
    }

    @Test func next_OfANameThatIsNotUTF8IsItsBytes() async throws {
        let first = #"{"members":[{"name":"?","nameBase64":"/w==","kind":null,"link":"hard"}],"next":"?"}"#
        let transport = FakeTransport(first, page([], next: "null"))
        let members = try await HDF5Client.make(transport).members(of: "/", in: "f").collect()
        #expect(members.map(\.name) == [HDF5Name(bytes: [0xFF])])
        #expect(transport.targets.last == "/v1/groups/f?limit=1000&after=%FF")
    }

    @Test func links_AreOfEveryClass() async throws {
        let body = #"""
            {"members":[
            {"name":"h","kind":"dataset","shape":[2],"datatype":{"class":"H5T_FLOAT","base":"H5T_IEEE_F64LE"},"link":"hard"},
            {"name":"s","kind":null,"link":"soft","target":"?","targetBase64":"/w=="},
            {"name":"e","kind":null,"link":"external","target":"/x","targetFile":"o.h5"},
            {"name":"u","kind":null,"link":"user_defined","linkClass":187}],"next":null}
            """#
        let members = try await HDF5Client.make(FakeTransport(body)).members(of: "/", in: "f").collect()
        let external = Link.external(file: Array("o.h5".utf8), target: Array("/x".utf8))
        #expect(members.map(\.link) == [.hard, .soft(target: [0xFF]), external, .userDefined(classNumber: 187)])
        #expect(members.map(\.object?.kind) == [.dataset, nil, nil, nil])
        #expect(members[0].object?.shape == [2])
        #expect(members[0].object?.datatype == .float(.init(size: 8)))
    }

    @Test func list_HasKindSizeAndTime() async throws {
        let body = #"""
            {"members":[{"name":"d","kind":"directory","size":null,"modified":"2024-05-06T07:08:09Z"},
            {"name":"f","kind":"file","size":7,"modified":"1970-01-01T00:00:01.500000000Z"}],"next":null}
            """#
        let entries = try await HDF5Client.make(FakeTransport(body)).list().collect()
        #expect(entries.map(\.kind) == [.directory, .file])
        #expect(entries.map(\.size) == [nil, 7])
        #expect(entries.last?.modified == Date(timeIntervalSince1970: 1.5))
    }
}
