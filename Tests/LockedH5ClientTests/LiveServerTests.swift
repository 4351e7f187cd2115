import Foundation
import H5Model
import LockedH5Client
import Testing

@Suite(.liveServer)
struct LiveServerTests {
    @Test func list_HasWhatIsServed() async throws {
        let names = try await LiveServer.client().list(pageSize: 5).collect().map(\.name.description)
        let root = try #require(LiveServer.current).root
        #expect(names == (try FileManager.default.contentsOfDirectory(atPath: root.path).sorted()))
    }

    @Test func list_LeadsToAFileOfAnyName() async throws {
        let client = try LiveServer.client()
        let directory: ServedPath = "sub dir+"
        let entry = try #require(try await client.list(directory).collect().first)
        let file = directory.appending(entry.name)
        #expect(try await client.describeFile(file).userBlockSize == 1024)
        #expect(try await client.read("/data", in: file, select: "1,::2", as: Int32.self) == [6, 8, 10])
        #expect(entry.size == (try await client.raw(file)).count)
    }

    @Test(arguments: ["types-earliest.h5", "types-v110.h5", "userblock-v110.h5", "filters-v110.h5"])
    func datasets_AreWhatH5pyFinds(file: String) async throws {
        let client = try LiveServer.client()
        for expected in try Fixtures.expected(file).objects where expected.kind == "dataset" {
            let found = try await client.describeDataset(expected.object, in: ServedPath(file))
            #expect(found.shape == expected.shape, "\(expected.object)")
            #expect(found.maximumShape == expected.maximumShape, "\(expected.object)")
            #expect(found.layout.rawValue == expected.layout, "\(expected.object)")
            #expect(found.chunks == expected.chunk, "\(expected.object)")
            #expect(found.attributeCount == expected.attributes.count, "\(expected.object)")
        }
    }

    @Test(arguments: ["types-earliest.h5", "types-v110.h5", "userblock-v110.h5"])
    func values_AreWhatH5pyFinds(file: String) async throws {
        let client = try LiveServer.client()
        var count = 0
        for expected in try Fixtures.expected(file).objects {
            guard let stored = expected.values, let bytes = littleEndian(stored, expected.datatype ?? "") else {
                continue
            }
            let value = try await client.value(of: expected.object, in: ServedPath(file))
            #expect(value?.bytes == bytes, "\(expected.object)")
            #expect(value?.shape == expected.shape, "\(expected.object)")
            count += 1
        }
        #expect(count >= (file.hasPrefix("types") ? 140 : 1))
    }

    @Test func values_AreTyped() async throws {
        let client = try LiveServer.client()
        let file: ServedPath = "types-v110.h5"
        let doubles = try await client.read("/be_f4/gzip", in: file, select: "0,1:4", as: Double.self)
        let expected: [Double] = (1...3).map { Double(Float(Double($0) / 3 - 1)) }
        #expect(doubles == expected)
        #expect(try await client.read("/be_i2/lzf", in: file, select: "0", as: Int.self) == [117, 4, 11, 18, 25])
        #expect(try await client.read("/le_u8/shuffled", in: file, select: "6,-1", as: UInt64.self) == [118])
        #expect(try await client.read("/bool", in: file, select: ":3", as: Bool.self) == [true, false, false])
        #expect(try await client.read("/enum", in: file, as: Int16.self) == [0, 1, -7, 99])
        #expect(try await client.read("/fixed", in: file, select: "1,...", as: String.self) == ["v3", "v4", "v5"])
        #expect(
            try await client.read("/strings", in: file, select: "2:3", as: String.self) == ["\u{65E5}\u{672C}\u{8A9E}"])
        #expect(try await client.read("/scalar", in: file, as: Double.self) == [6.5])
        #expect(try await client.read("/scalartext", in: file, as: String.self) == ["hello"])
        #expect(try await client.read("/empty", in: file, as: Int32.self) == [])
        #expect(try await client.value(of: "/null", in: file) == nil)
    }

    @Test func values_OfACompoundArePackedFields() async throws {
        let client = try LiveServer.client()
        let value = try await client.value(of: "/rows", in: "types-v110.h5", select: "0", fields: ["weight", "id"])
        let fields: [(name: HDF5Name, type: Datatype)] = [
            ("weight", .float(.init(size: 8))), ("id", .integer(.init(size: 4, isSigned: true))),
        ]
        #expect(value?.datatype == .compound(.init(packing: fields)))
        #expect(value?.bytes == [0, 0, 0, 0, 0, 0, 4, 0x40, 1, 0, 0, 0])
    }

    @Test(arguments: ["names-v110.h5", "names-earliest.h5", "links-v110.h5", "listing-v110.h5", "types-v110.h5"])
    func members_AreWhatH5pyFinds(file: String) async throws {
        let client = try LiveServer.client()
        for expected in try Fixtures.expected(file).objects where expected.members != nil {
            if expected.members?.isEmpty == true && file.hasPrefix("listing") { continue }
            let members = client.members(of: expected.object, in: ServedPath(file), pageSize: 7)
            let names = try await members.collect().map { Data($0.name.bytes) }
            #expect(names == expected.members, "\(expected.object)")
        }
    }

    @Test(arguments: ["names-v110.h5", "links-v110.h5", "types-v110.h5"])
    func tree_IsWhatH5pyVisits(file: String) async throws {
        let expected = try Fixtures.expected(file)
        let tree = try await LiveServer.client().tree(in: ServedPath(file)).filter { !$0.path.isRoot }
        #expect(tree.map { Data($0.path.bytes) } == expected.walk)
        #expect(tree.map(\.object.kind.rawValue) == expected.objects.dropFirst().map(\.kind))
    }

    @Test func names_OfAnyBytesLeadToTheirObject() async throws {
        let client = try LiveServer.client()
        for try await member in client.members(of: "/", in: "names-v110.h5") {
            let path = ObjectPath(names: [member.name])
            #expect(try await client.describeGroup(path, in: "names-v110.h5").memberCount == 1, "\(path)")
            let link = try await client.describeLink(path.appending("in"), in: "names-v110.h5")
            #expect(link.link == .hard && link.object?.kind == .group, "\(path)")
        }
        let attributes = try await client.attributes(of: "/", in: "names-v110.h5")
        #expect(
            attributes.map(\.name) == [HDF5Name(bytes: Array("\u{FF}attribute".unicodeScalars.map { UInt8($0.value) }))]
        )
        #expect(try await client.readAttribute(attributes[0].name, of: "/", in: "names-v110.h5", as: Int.self) == [5])
    }

    @Test func attributes_AreInTheOrderOfTheirCreationWhereThatIsTracked() async throws {
        let attributes = try await LiveServer.client().attributes(of: "/tracked", in: "attributes-v110.h5")
        #expect(attributes.map(\.name) == ["z", "a", "m"])
    }

    @Test(arguments: ["/many", "/kinds"])
    func attributes_AreWhatH5pyFinds(path: ObjectPath) async throws {
        let client = try LiveServer.client()
        let objects = try Fixtures.expected("attributes-v110.h5").objects
        let expected = try #require(objects.first { $0.object == path }).attributes
        let attributes = try await client.attributes(of: path, in: "attributes-v110.h5")
        #expect(attributes.map { Data($0.name.bytes) } == expected.map(\.name))
        #expect(attributes.map(\.shape) == expected.map(\.shape))
        for attribute in expected {
            guard let stored = attribute.values, let bytes = littleEndian(stored, attribute.datatype) else { continue }
            let name = HDF5Name(bytes: attribute.name)
            #expect(try await client.value(ofAttribute: name, of: path, in: "attributes-v110.h5")?.bytes == bytes)
        }
    }

    @Test func links_AreTheLinksThemselves() async throws {
        let client = try LiveServer.client()
        let soft = try await client.describeLink("/a/soft", in: "links-v110.h5")
        #expect(soft.link == .soft(target: Array("b/data".utf8)))
        #expect(soft.object?.kind == .dataset)
        let odd = try await client.describeLink(ObjectPath(bytes: Array("/bytes".utf8) + [0xFF]), in: "links-v110.h5")
        let file = Array("fi".utf8) + [0xE9] + Array("le.h5".utf8)
        #expect(odd.link == .external(file: file, target: [0x2F, 0xFE]))
        #expect(odd.object == nil)
    }

    @Test func raw_IsTheFile() async throws {
        let client = try LiveServer.client()
        let path = try #require(LiveServer.current).root.appending(path: "userblock-v110.h5")
        let bytes = Array(try Data(contentsOf: path))
        #expect(try await client.raw("userblock-v110.h5") == bytes)
        #expect(try await client.raw("userblock-v110.h5", range: 2..<20) == Array(bytes[2..<20]))
        #expect(try await client.raw("userblock-v110.h5", range: 3000..<9000) == Array(bytes[3000...]))
        let error = try await failure { try await client.raw("userblock-v110.h5", range: 9000..<9001) }
        #expect(error.refusal?.status == 416 && error.code == .outOfBounds)
    }

    @Test func refusals_KeepTheServersCode() async throws {
        let client = try LiveServer.client()
        let refusals: [(ErrorCode, () async throws -> Void)] = [
            (.notFound, { _ = try await client.describeFile("none.h5") }),
            (.notFound, { _ = try await client.value(of: "/none", in: "types-v110.h5") }),
            (.wrongKind, { _ = try await client.describeGroup("/bool", in: "types-v110.h5") }),
            (.outOfBounds, { _ = try await client.value(of: "/bool", in: "types-v110.h5", select: "6") }),
            (.invalid, { _ = try await client.value(of: "/bool", in: "types-v110.h5", select: "x") }),
            (.unsupported, { _ = try await client.value(of: "/special/time", in: "types-v110.h5") }),
            (.notHDF5, { _ = try await client.describeFile("text.h5") }),
        ]
        for (code, request) in refusals {
            let error = try await failure(request)
            #expect(error.code == code, "\(error)")
            #expect(error.refusal?.requestID?.isEmpty == false)
        }
    }

    @Test func lock_OfAnotherProcessIsWaitedForAsLongAsTheCallerSays() async throws {
        let client = try LiveServer.client()
        let path = try #require(LiveServer.current).root.appending(path: "source.h5")
        let handle = try FileHandle(forReadingFrom: path)
        #expect(flock(handle.fileDescriptor, LOCK_EX) == 0)
        let error = try await failure {
            try await client.read("/x", in: "source.h5", as: Int.self, options: CallOptions(wait: .zero))
        }
        #expect(error.code == .locked)
        #expect(error.refusal?.retryAfter != nil)
        let waiting = CallOptions(wait: .seconds(30))
        async let values = client.read("/x", in: "source.h5", as: Int.self, options: waiting)
        try handle.close()
        #expect(try await values == Array(0..<10))
    }
}
