import H5Model
import LeakCheck
import Testing

@testable import LockedH5

@Suite(.leavesNothingOpen) struct WritableFileObjectsTests {
    @Test(arguments: Scratch.bounds, [false, true])
    func createGroup_MakesTheGroupsOnTheWay(low: FormatVersion, tracksOrder: Bool) throws {
        let scratch = try Scratch(low)
        try scratch.write { file throws(ServiceError) in
            try file.createGroup(at: "/a/b/c", tracksCreationOrder: tracksOrder)
            try file.createGroup(at: "/a/b/d\u{e9}")
            try file.createGroup(at: "/a/b/c/z")
            try file.createGroup(at: "/a/b/c/y")
        }
        try scratch.read { file throws(ServiceError) in
            #expect(try file.members(of: "/a/b").elements.map(\.name) == ["c", "d\u{e9}"])
            #expect(try file.group(at: "/a/b/c").tracksCreationOrder == tracksOrder)
            #expect(try file.members(of: "/a/b/c").elements.map(\.name) == (tracksOrder ? ["z", "y"] : ["y", "z"]))
        }
    }

    @Test(arguments: [
        ("/", ErrorCode.exists, "/ exists already: it is the root group"), ("/a", .exists, "/a exists already"),
        ("/dangling", .exists, "/dangling exists already"), ("/external", .exists, "/external exists already"),
        ("/a/b/data/x", .wrongKind, "/a/b/data is a dataset, not a group"),
        ("/a/b/data/x/y", .wrongKind, "/a/b/data is a dataset, not a group"),
        ("/a/type/x", .wrongKind, "/a/type is a committed datatype, not a group"),
        (
            "/dangling/x", .notFound,
            "no object at /dangling (/dangling is a soft link to /no/where, which is not there)"
        ),
        (
            "/external/x", .unsupported,
            "/external is an external link into another file, \"other.h5\": one transaction writes one file"
        ),
        (
            "/external/x/y", .unsupported,
            "/external is an external link into another file, \"other.h5\": one transaction writes one file"
        ),
        ("/loop1/x", .notFound, "no object at /loop1: its soft links lead in a circle, or are too many"),
        ("/a/./x", .invalid, "a link cannot be named \".\", which means the group itself"),
        ("/a/.", .invalid, "a link cannot be named \".\", which means the group itself"),
    ])
    func createGroup_SaysWhatIsInTheWay(path: String, code: ErrorCode, message: String) throws {
        let error = try Scratch(copyOf: "links-v110.h5").refusal { file throws(ServiceError) in
            try file.createGroup(at: ObjectPath(path))
        }
        #expect((error.code, error.message) == (code, message))
    }

    @Test func createGroup_FollowsSoftLinks() throws {
        let scratch = try Scratch(copyOf: "links-v110.h5")
        try scratch.write { file throws(ServiceError) in try file.createGroup(at: "/absolute/new/x") }
        let kind = try scratch.read { file throws(ServiceError) in try file.kind(at: "/a/b/new/x") }
        #expect(kind == .group)
    }

    static let creations: [DatasetCreation] = [
        .init(dataspace: .shape(3, 4), datatype: .int32),
        .init(dataspace: .shape(3, 4), datatype: .int32, layout: .compact),
        .init(dataspace: .shape(3, 4, maximum: [nil, 9]), datatype: .int32, layout: .chunked([2, 9])),
        .init(
            dataspace: .shape(3, 4), datatype: .float(.init(size: 8, order: .big)), layout: .automaticChunks,
            filters: [.shuffle, .deflate(level: 7), .fletcher32]),
        .init(dataspace: .scalar, datatype: .text), .init(dataspace: .null, datatype: .text),
        .init(dataspace: .shape(0), datatype: .int32, layout: .automaticChunks),
        .init(dataspace: .shape(0, maximum: [5]), datatype: .int32),
        .init(dataspace: .shape(2), datatype: .int32, fillValue: [1, 2, 3, 4]),
        .init(dataspace: .shape(2), datatype: .text, fillValue: bytes(["filled"])),
        .init(dataspace: .shape(2), datatype: .text, layout: .chunked([1]), fillValue: bytes([""])),
    ]

    @Test(arguments: Scratch.bounds, creations)
    func createDataset_IsReadBack(low: FormatVersion, creation: DatasetCreation) throws {
        let scratch = try Scratch(low)
        try scratch.write { file throws(ServiceError) in try file.createDataset(at: "/to/data", creation) }
        let info = try scratch.read { file throws(ServiceError) in try file.dataset(at: "/to/data") }
        #expect(info.dataspace == creation.dataspace)
        #expect(info.datatype == creation.datatype)
        #expect(info.layout == creation.storedLayout)
        #expect(info.filters.map(\.id) == creation.filters.map(\.id))
        #expect(info.filters.first { $0.id == Filter.deflateID }?.parameters ?? [7] == [7])
        if let fillValue = creation.fillValue { #expect(info.fillValue == fillValue) }
    }

    @Test(arguments: Scratch.bounds, [(FillTime.ifSet, false), (.ifSet, true), (.alloc, true), (.never, false)])
    func createDataset_KeepsItsOptions(low: FormatVersion, options: (time: FillTime, tracks: Bool)) throws {
        let (time, tracks) = options
        let scratch = try Scratch(low)
        let creation = DatasetCreation(
            dataspace: .shape(4), datatype: .int32, fillTime: time, tracksTimes: tracks, tracksCreationOrder: !tracks)
        try scratch.write { file throws(ServiceError) in try file.createDataset(at: "/x", creation) }
        let info = try scratch.read { file throws(ServiceError) in try file.dataset(at: "/x") }
        #expect(info.fillTime == time)
        #expect(info.tracksTimes == tracks)
        #expect(info.tracksCreationOrder == !tracks)
        #expect(!info.storesFillValue)
    }

    @Test(arguments: [
        Filter.szip(.entropyCoding, pixelsPerBlock: 4), .lzf, .scaleOffset(.bits(0)), .nbit, .deflate(level: 3),
    ])
    func createDataset_FiltersItsValues(filter: Filter) throws {
        let scratch = try Scratch()
        let creation = DatasetCreation(
            dataspace: .shape(1000), datatype: .int32, layout: .chunked([300]), filters: [filter])
        let numbers = bytes((0..<1000).map { Int32($0 % 7) })
        try scratch.write { file throws(ServiceError) in try file.put("/x", creation, numbers) }
        #expect(try scratch.value("/x").bytes == numbers)
        let info = try scratch.read { file throws(ServiceError) in try file.dataset(at: "/x") }
        #expect(info.storageSize < 4000 || filter == .nbit)
    }

    private static let narrow = Datatype.Integer(
        size: 2, isSigned: true, order: .big, bits: .init(precision: 12, offset: 2))

    @Test(
        arguments: Scratch.bounds,
        [
            Datatype.integer(narrow), .enumeration(narrow, members: [.init(name: "\u{e9}", value: -1)]),
            .float(.init(size: 2, order: .big)), .bitfield(size: 2, order: .big), .opaque(size: 3, tag: "tag"),
            .string(.init(length: 7, characterSet: .utf8, padding: .spacePadded)),
            .variableString(.ascii, .nullTerminated),
            .array(of: .text, shape: [2, 3]), .variableLength(of: .array(of: .int32, shape: [2])), .reference(.object),
            .reference(.region),
            .compound(
                .init(
                    size: 90,
                    fields: [
                        .init(name: "last", offset: 73, type: .int32), .init(name: "text", offset: 2, type: .text),
                        .init(
                            name: "inner", offset: 24,
                            type: .compound(
                                .init(
                                    size: 44,
                                    fields: [.init(name: "texts", offset: 8, type: .array(of: .text, shape: [2]))]))),
                    ])),
        ])
    func createDataset_KeepsTheDatatype(low: FormatVersion, datatype: Datatype) throws {
        let scratch = try Scratch(low)
        try scratch.write { file throws(ServiceError) in
            try file.createDataset(at: "/x", .init(dataspace: .shape(2), datatype: datatype))
        }
        let stored = try scratch.read { file throws(ServiceError) in try file.dataset(at: "/x").datatype }
        #expect(stored.inOrder == datatype.inOrder)
    }

    @Test(
        arguments: Scratch.bounds,
        [
            (DatasetCreation.LayoutChoice.contiguous, "new"), (.contiguous, ""), (.chunked([2]), ""),
        ])
    func createDataset_IsFilled_WhereNothingWasWritten(
        low: FormatVersion, choice: (layout: DatasetCreation.LayoutChoice, fill: String)
    ) throws {
        let scratch = try Scratch(low)
        try scratch.write { file throws(ServiceError) in
            let fill = bytes([choice.fill])
            try file.createDataset(
                at: "/x", .init(dataspace: .shape(5), datatype: .text, layout: choice.layout, fillValue: fill))
            try file.withDataset(at: "/x") { dataset throws(ServiceError) in
                try dataset.write(Hyperslab(spans: [Span(start: 1, count: 1)]), as: .text, bytes: bytes(["written"]))
            }
        }
        let fill = choice.fill
        #expect(try scratch.value("/x").bytes == bytes([fill, "written", fill, fill, fill]))
    }

    @Test(arguments: [
        (Filter(id: 4711, name: "", isOptional: true, parameters: []), ErrorCode.unsupported),
        (Filter(id: 4, name: "szip", isOptional: true, parameters: [4]), .invalid),
        (Filter(id: 6, name: "scaleoffset", isOptional: true, parameters: [0, 2]), .invalid),
        (Filter(id: 1, name: "deflate", isOptional: true, parameters: []), .invalid),
    ])
    func createDataset_RefusesAFilter(filter: Filter, code: ErrorCode) throws {
        let error = try Scratch().refusal { file throws(ServiceError) in
            let space = Dataspace.shape(10)
            try file.createDataset(at: "/x", .init(dataspace: space, datatype: .text, filters: [filter]))
        }
        #expect(error.code == code, "\(error)")
    }

    /// libhdf5 1.10.8 leaves the address of a single chunk that is gone.
    @Test(arguments: Scratch.bounds)
    func resize_ForgetsTheOnlyChunk_WhenNothingIsLeft(low: FormatVersion) throws {
        let scratch = try Scratch(low)
        try scratch.write { file throws(ServiceError) in
            let creation = DatasetCreation(dataspace: .shape(4), datatype: .int32, layout: .chunked([4]))
            try file.createDataset(at: "/x", creation)
            try file.withDataset(at: "/x") { dataset throws(ServiceError) in
                try dataset.write(Hyperslab(all: [4]), as: .int32, bytes: [UInt8](repeating: 1, count: 16))
            }
        }
        try scratch.write { file throws(ServiceError) in try file.resize("/x", to: [0]) }
        try scratch.write { file throws(ServiceError) in
            let creation = DatasetCreation(dataspace: .shape(4), datatype: .int32)
            try file.createDataset(at: "/y", creation)
            try file.withDataset(at: "/y") { dataset throws(ServiceError) in
                try dataset.write(Hyperslab(all: [4]), as: .int32, bytes: [UInt8](repeating: 2, count: 16))
            }
            try file.resize("/x", to: [4])
        }
        #expect(try scratch.value("/x").bytes == [UInt8](repeating: 0, count: 16))
    }

    @Test(arguments: Scratch.bounds)
    func resize_KeepsWhatIsInside_AndFillsTheRest(low: FormatVersion) throws {
        let scratch = try Scratch(low)
        let creation = DatasetCreation(
            dataspace: .shape(2, 2, maximum: [nil, 3]), datatype: .int32, layout: .chunked([2, 2]),
            filters: [.deflate(level: 1)], fillValue: [9, 0, 0, 0])
        try scratch.write { file throws(ServiceError) in
            try file.put("/x", creation, bytes([1, 2, 3, 4] as [Int32]))
            try file.resize("/x", to: [1, 2])
            try file.resize("/x", to: [2, 3])
        }
        #expect(try scratch.value("/x").bytes == bytes([1, 2, 9, 9, 9, 9] as [Int32]))
    }

    @Test(arguments: [
        ("/le_i4/contiguous", [7, 5], ErrorCode.unsupported), ("/scalar", [], .unsupported),
        ("/le_i4/chunked", [7], .invalid), ("/le_i4/chunked", [7, -1], .invalid),
        ("/le_i4/chunked", [7, 6], .outOfBounds), ("/le_i4/chunked", [.max, 5], .tooLarge),
        ("/le_i4", [7, 5], .wrongKind),
        ("/nothing", [7, 5], .notFound),
    ])
    func resize_RefusesAnotherShape(path: String, shape: Shape, code: ErrorCode) throws {
        let error = try Scratch(copyOf: "types-v110.h5").refusal { file throws(ServiceError) in
            try file.resize(ObjectPath(path), to: shape)
        }
        #expect(error.code == code, "\(error)")
    }
}

extension Datatype {
    /// The same with a compound's fields in the order of their offsets, to which libhdf5 brings some.
    fileprivate var inOrder: Datatype {
        guard case .compound(var type) = self else { return self }
        type.fields.sort { $0.offset < $1.offset }
        return .compound(type)
    }
}
