import H5Model
import LeakCheck
import Testing

@testable import LockedH5

@Suite(.leavesNothingOpen) struct WritableFileAttributesTests {
    static let values: [(Dataspace, Datatype, [UInt8])] = [
        (.scalar, .int32, bytes([7] as [Int32])), (.shape(2, 1), .int32, bytes([7, 8] as [Int32])),
        (.scalar, .text, bytes(["gr\u{fc}n"])), (.shape(3), .text, bytes(["", "a", "bb"])), (.null, .int32, []),
        (.null, .reference(.object), []), (.shape(0), .text, []),
        (.scalar, .string(.init(length: 5, characterSet: .utf8, padding: .spacePadded)), Array("abc  ".utf8)),
        (
            .shape(2),
            .enumeration(
                .init(size: 1, isSigned: true),
                members: [.init(name: "FALSE", value: 0), .init(name: "TRUE", value: 1)]), [1, 0]
        ),
    ]

    @Test(arguments: Scratch.bounds, values)
    func setAttribute_IsReadBack(low: FormatVersion, value: (space: Dataspace, type: Datatype, bytes: [UInt8])) throws {
        let scratch = try Scratch(low)
        let isNew = try scratch.write { file throws(ServiceError) in
            try file.setAttribute(
                "n/\u{e9}", of: .root, dataspace: value.space, datatype: value.type, bytes: value.bytes)
        }
        let attribute = try scratch.read { file throws(ServiceError) in try file.attribute("n/\u{e9}", of: .root) }
        #expect(isNew)
        #expect(attribute.info.dataspace == value.space)
        #expect(attribute.info.datatype == value.type)
        #expect(attribute.value?.bytes ?? [] == value.bytes)
    }

    @Test(arguments: ["/", "/a/b/data", "/a/type", "/a/soft"], ["links-v110.h5", "links-earliest.h5"])
    func setAttribute_Replaces_OnEveryKindOfObject(path: String, name: String) throws {
        let scratch = try Scratch(copyOf: name)
        let path = ObjectPath(path)
        let isNew = try scratch.write { file throws(ServiceError) in
            try file.setAttribute("x", of: path, dataspace: .scalar, datatype: .text, bytes: bytes(["old"]))
            return try file.setAttribute("x", of: path, dataspace: .scalar, datatype: .int32, bytes: [1, 0, 0, 0])
        }
        #expect(!isNew)
        let found = try scratch.read { file throws(ServiceError) in try file.attributes(of: path) }
        #expect(found.map(\.value?.bytes) == [[1, 0, 0, 0]])
    }

    @Test func setAttribute_HoldsMuch_InANewFile() throws {
        let scratch = try Scratch()
        let large = [UInt8](repeating: 7, count: 400_000)
        try scratch.write { file throws(ServiceError) in
            try file.setAttribute("x", of: .root, dataspace: .shape(100_000), datatype: .int32, bytes: large)
        }
        let value = try scratch.read { file throws(ServiceError) in try file.attribute("x", of: .root).value }
        #expect(value?.bytes == large)
    }

    @Test func setAttribute_AboveTheOldestFormat_IsTooLarge() throws {
        let error = try Scratch(.earliest).refusal { file throws(ServiceError) in
            let zeros = [UInt8](repeating: 0, count: 70_000)
            try file.setAttribute("x", of: .root, dataspace: .shape(17_500), datatype: .int32, bytes: zeros)
        }
        #expect(
            error
                == ServiceError(
                    .tooLarge,
                    "making the attribute \"x\" of / failed: it is too large for the file's format"))
    }

    @Test(arguments: Scratch.bounds)
    func setAttribute_OfMany_KeepsThemAll(low: FormatVersion) throws {
        let scratch = try Scratch(low)
        let names = (0..<60).map { HDF5Name("a\($0 + 10)") }
        try scratch.write { file throws(ServiceError) in
            for name in names {
                try file.setAttribute(
                    name, of: .root, dataspace: .scalar, datatype: .text, bytes: bytes([name.description]))
            }
            for name in names {
                try file.setAttribute(name, of: .root, dataspace: .scalar, datatype: .text, bytes: bytes(["x"]))
            }
            try file.removeAttribute("a12", of: .root)
        }
        let found = try scratch.read { file throws(ServiceError) in try file.attributes(of: .root) }
        #expect(found.map(\.info.name) == names.filter { $0 != "a12" })
    }

    @Test(arguments: [
        ("", Dataspace.scalar, Datatype.int32, [0, 0, 0, 0] as [UInt8], ErrorCode.invalid),
        ("x", .scalar, .int32, [0, 0, 0], .invalid), ("x", .null, .int32, [0, 0, 0, 0], .invalid),
        ("x", .shape(2), .int32, [0, 0, 0, 0], .invalid), ("x", .scalar, .text, [5, 0, 0, 0, 65], .invalid),
        ("x", .scalar, .text, [1, 0, 0, 0, 0], .invalid), ("x", .scalar, .text, [0, 0, 0, 0, 0], .invalid),
        ("x", .scalar, .text, [0xff, 0xff, 0xff, 0xff], .invalid),
        ("x", .scalar, .reference(.object), [], .invalid),
        ("x", .scalar, .string(.init(length: 0)), [], .invalid),
    ])
    func setAttribute_IsRefused(
        name: String, space: Dataspace, type: Datatype, bytes: [UInt8], code: ErrorCode
    ) throws {
        let error = try Scratch().refusal { file throws(ServiceError) in
            try file.setAttribute(HDF5Name(name), of: .root, dataspace: space, datatype: type, bytes: bytes)
        }
        #expect(error.code == code, "\(error)")
    }

    @Test func removeAttribute_ThatIsMissing_IsNamed() throws {
        let error = try Scratch().refusal { file throws(ServiceError) in try file.removeAttribute("x", of: .root) }
        #expect(error == ServiceError(.notFound, "/ has no attribute \"x\""))
    }
}
