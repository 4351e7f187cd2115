import Foundation
import H5Model
import HDF5
import LeakCheck
import Testing

@Suite(.leavesNothingOpen) struct MemberTests {
    @Test(arguments: ["/named", "/ordered"], Fixtures.bounds)
    func members_InPages_AreAllOfThem(path: String, bound: String) throws {
        try Fixtures.open("listing-\(bound).h5") { file in
            let all = try file.members(of: ObjectPath(path), after: nil, limit: .max)
            var found: [Member] = []
            repeat {
                let page = try file.members(of: ObjectPath(path), after: found.last?.name, limit: 70)
                #expect(page.hasMore == (found.count + page.elements.count < 300))
                found += page.elements
            } while found.count < 300
            #expect(found == all.elements)
        }
    }

    @Test func members_GoOnAfterANameThatIsGone_WhereOrderedByName() throws {
        let page = try Fixtures.open("listing-v110.h5") { try $0.members(of: "/named", after: "n0995", limit: 1) }
        #expect(page.elements.map(\.name) == ["n100"])
    }

    @Test func members_RefuseANameThatIsGone_WhereOrderedByCreation() throws {
        let error = try Fixtures.open("listing-v110.h5") { file in
            try failure { try file.members(of: "/ordered", after: "n0995", limit: 1) }
        }
        #expect(error.cause == .missing)
        #expect(error.message == "/ordered has no link \"n0995\" after which the listing could go on")
    }

    @Test(arguments: Fixtures.bounds)
    func members_TellWhatLinksLeadTo(bound: String) throws {
        let page = try Fixtures.open("links-\(bound).h5") { try $0.members(of: .root, after: nil, limit: .max) }
        let kinds = Dictionary(uniqueKeysWithValues: page.elements.map { ($0.name.description, $0.object?.kind) })
        #expect(kinds["a"] == .group)
        #expect(kinds["absolute"] == .group)
        for name in ["dangling", "loop1", "external", "toexternal"] { #expect(kinds[name] == .some(nil), "\(name)") }
    }

    @Test func members_TellShapeAndDatatypeOfDatasets() throws {
        let page = try Fixtures.open("links-v110.h5") { try $0.members(of: "/a/b", after: nil, limit: .max) }
        let data = try #require(page.elements.first { $0.name == "data" }?.object)
        #expect(data.dataspace == .simple([4], maximum: [4]))
        #expect(data.datatype?.text == "<i8")
    }

    @Test func members_OfAFileWithVirtualDatasets_DoNotFail() throws {
        let page = try Fixtures.open("elsewhere.h5") { try $0.members(of: .root, after: nil, limit: .max) }
        #expect(page.elements.map(\.name) == ["external", "growing", "link", "own", "virtual"])
        #expect(
            page.elements[1].object == MemberObject(kind: .dataset, datatype: .integer(.init(size: 4, isSigned: true))))
    }

    @Test func members_TellOnlyTheKind_OfADatasetOfANewerFormat() throws {
        let page = try Fixtures.open("newer.h5") { try $0.members(of: .root, after: nil, limit: .max) }
        #expect(page.elements.map { $0.object?.kind } == [.dataset, .dataset, .dataset])
        #expect(page.elements.map { $0.object?.dataspace == nil } == [true, true, false])
    }

    @Test func members_OfADataset_IsTheWrongKind() throws {
        let error = try Fixtures.open("links-v110.h5") { file in
            try failure { try file.members(of: "/a/b/data", after: nil, limit: 1) }
        }
        #expect(error == HDF5Error(.wrongKind, "/a/b/data is a dataset, not a group"))
    }

    @Test(arguments: [("/named", false), ("/ordered", true)])
    func groupInfo_CountsMembers(path: String, isOrdered: Bool) throws {
        let info = try Fixtures.open("listing-v110.h5") { try $0.object(at: ObjectPath(path)).groupInfo() }
        #expect(info == GroupInfo(memberCount: 300, attributeCount: 0, tracksCreationOrder: isOrdered))
    }
}
