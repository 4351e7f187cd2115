import Foundation
import H5Model
import HTTPMessage
import HTTPTypes
import Routes
import LeakCheck
import Testing

@testable import Dialects

@Suite(.leavesNothingOpen, .enabled(if: Fixture.directory != nil)) struct ListingHandlersTests {
    private let links = Fixture(name: "links-v110.h5")
    private let names = Fixture(name: "names-v110.h5")

    private func json(_ text: String) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test func getFile_TellsOfTheFileAndWhereToGoOn() throws {
        let text = try Fixture(name: "userblock-v110.h5").text(.getFile)
        #expect(text.hasPrefix(#"{"path":"userblock-v110.h5","kind":"file","size":"#))
        #expect(text.contains(#","superblockVersion":3,"userBlockSize":1024,"freeSpace":"#))
        #expect(text.contains(#""hrefs":{"root":"/v1/groups/userblock-v110.h5","tree":"#))
    }

    @Test func getGroup_OfLinks_TellsWhereTheyLead() throws {
        let text = try links.text(.getGroup, ObjectPath("/a"))
        let expected = #"""
            {"file":"links-v110.h5","path":"/a","kind":"group","memberCount":4,"attributeCount":0,\#
            "tracksCreationOrder":false,"members":[\#
            {"name":"b","kind":"group","link":"hard","href":"/v1/groups/links-v110.h5/a/b"},\#
            {"name":"hard","kind":"group","link":"hard","href":"/v1/groups/links-v110.h5/a/hard"},\#
            {"name":"soft","kind":"dataset","shape":[4],"datatype":{"class":"H5T_INTEGER","base":"H5T_STD_I64LE"},\#
            "link":"soft","target":"b/data","href":"/v1/datasets/links-v110.h5/a/soft"},\#
            {"name":"type","kind":"datatype","link":"hard","href":"/v1/datatypes/links-v110.h5/a/type"}],\#
            "next":null,"hrefs":{"attributes":"/v1/attributes/links-v110.h5/a","tree":"/v1/tree/links-v110.h5/a"}}
            """#
        #expect(text == expected)
    }

    @Test func getGroup_PageByPage_ListsEveryMemberOnce() throws {
        var query = "limit=3"
        var found: [String] = []
        while true {
            let answer = try names.answer(.getGroup, .root, query)
            let members = try json(String(decoding: answer.body, as: UTF8.self))["members"] as? [[String: Any]]
            found += try #require(members).map { $0["nameBase64"] as? String ?? $0["name"] as? String ?? "" }
            guard let link = answer.first.head.fields[.link] else { break }
            #expect(link.hasSuffix(">; rel=\"next\""))
            query = String(link.dropFirst().prefix { $0 != ">" }.drop { $0 != "?" }.dropFirst())
        }
        #expect(
            found == ["..", "gr\u{FC}\u{DF}", "bGF0aW7p", "new\nline", "percent%2F", "plain", "with space", "//4="])
    }

    @Test func getGroup_WithDepth_NestsGroupsAlongHardLinks() throws {
        let members = try json(links.text(.getGroup, .root, "depth=2"))["members"] as? [[String: Any]]
        let nested = try #require(members).filter { $0["members"] != nil }.map { $0["name"] as? String }
        #expect(nested == ["a", "root"])
    }

    @Test func getGroup_OfEverything_IsBounded() throws {
        let wide = Fixture(name: "wide-v110.h5")
        let members = try json(wide.text(.getGroup, .root, "depth=8&limit=10000"))["members"] as? [[String: Any]]
        let nested = try #require(members).map { ($0["members"] as? [Any])?.count ?? 0 }
        #expect(nested.count + nested.reduce(0, +) == 10_000)
    }

    @Test func getGroup_TooLongForAnAnswer_EndsWhereItTellsToGoOn() throws {
        let fixture = Fixture(name: "listing-v110.h5", limits: .init(slab: 2000))
        var query = "limit=10000"
        var found: [String] = []
        while true {
            let page = try json(fixture.text(.getGroup, ObjectPath("/named"), query))
            let members = try #require(page["members"] as? [[String: Any]])
            #expect(members.count < 30)
            found += members.compactMap { $0["name"] as? String }
            guard let next = page["next"] as? String else { break }
            query = "limit=10000&after=\(next)"
        }
        #expect(found == found.sorted() && Set(found).count == 300)
    }

    @Test func getTree_IsTheWalkOfH5py() throws {
        for name in ["links-v110.h5", "names-earliest.h5", "listing-v110.h5", "wide-v110.h5"] {
            let fixture = Fixture(name: name)
            let walk = try #require(fixture.facts()["walk"] as? [String])
            let body = try fixture.answer(.getTree).body
            let objects = try #require(JSONSerialization.jsonObject(with: Data(body)) as? [[String: Any]])
            let paths = objects.map { object in
                let bytes = (object["pathBase64"] as? String).flatMap { Data(base64Encoded: $0) }
                return Data("/".utf8) + (bytes ?? Data((object["path"] as? String ?? "").utf8))
            }
            #expect(paths == walk.compactMap { Data(base64Encoded: $0) })
        }
    }

    @Test func getTree_TooLongForMemory_IsSpooled() throws {
        var wide = Fixture(name: "wide-v110.h5")
        let spooled = try wide.answer(.getTree)
        let compressed = try wide.answer(.getTree, isGzipped: true)
        #expect(spooled.first.body == .spool(length: spooled.body.count))
        #expect(compressed.first.head.fields[.contentEncoding] == "gzip")
        #expect(gunzip(compressed.body, capacity: spooled.body.count) == spooled.body)
        wide.limits.tree = 10 << 20
        #expect(try wide.answer(.getTree).first.body == .complete(spooled.body))
    }

    @Test func getTree_AsLines_IsOneObjectALine() throws {
        let expected = #"""
            {"path":"data","kind":"dataset","shape":[4],"datatype":{"class":"H5T_INTEGER","base":"H5T_STD_I64LE"},\#
            "href":"/v1/datasets/links-v110.h5/a/b/data"}
            {"path":"up","kind":"group","href":"/v1/groups/links-v110.h5/a/b/up"}
            {"path":"up/type","kind":"datatype","href":"/v1/datatypes/links-v110.h5/a/b/up/type"}

            """#
        #expect(try links.text(.getTree, ObjectPath("/a/b"), accept: "application/x-ndjson") == expected)
        #expect(try links.text(.getTree, ObjectPath("/a/b"), "format=ndjson") == expected)
    }

    @Test(
        arguments: [
            ("/a/b", #""link":"hard","kind":"group","href":"/v1/groups/links-v110.h5/a/b"}"#),
            (
                "/a/soft",
                #""link":"soft","target":"b/data","kind":"dataset","href":"/v1/datasets/links-v110.h5/a/soft"}"#
            ),
            (
                "/dangling",
                #""link":"soft","target":"/no/where","kind":null,"href":"/v1/links/links-v110.h5/dangling"}"#
            ),
            ("/loop1", #""link":"soft","target":"/loop2","kind":null,"href":"/v1/links/links-v110.h5/loop1"}"#),
            (
                "/external",
                #""link":"external","target":"/x","targetFile":"other.h5","kind":null,"href":"/v1/links/links-v110.h5/external"}"#
            ),
        ])
    func getLink_TellsOfTheLinkItself(path: String, expected: String) throws {
        let text = try links.text(.getLink, ObjectPath(path))
        #expect(text.hasSuffix(expected))
        #expect(text.contains(#""path":"\#(path)""#))
    }

    @Test(
        arguments: [
            (.getLink, "/", .invalid), (.getLink, "/nope", .notFound), (.getGroup, "/a/b/data", .wrongKind),
            (.getTree, "/a/b/data", .wrongKind), (.getDataset, "/a", .wrongKind), (.getGroup, "/dangling", .notFound),
            (.getDataset, "/external", .notFound),
        ] as [(Routes.Operation, String, ErrorCode)])
    func object_OfTheWrongKindOrMissing_IsRefusedByName(
        operation: Routes.Operation, path: String, code: ErrorCode
    ) throws {
        let error = #expect(throws: ServiceError.self) { try links.text(operation, ObjectPath(path)) }
        #expect(error?.code == code)
        #expect(error?.message.contains(path) == true)
    }
}
