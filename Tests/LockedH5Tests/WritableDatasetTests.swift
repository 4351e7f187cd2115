import H5Model
import LeakCheck
import Testing

@testable import LockedH5

@Suite(.leavesNothingOpen) struct WritableDatasetTests {
    private static let order = Datatype.Integer(size: 2, isSigned: true, order: .big)
    private static let colour = Datatype.enumeration(
        order, members: [.init(name: "RED", value: 0), .init(name: "BLUE", value: -7)])
    /// With padding, in an order of its own.
    private static let row = Datatype.Compound(
        size: 48,
        fields: [
            .init(name: "id", offset: 0, type: .int32), .init(name: "name", offset: 8, type: .text),
            .init(name: "colour", offset: 26, type: colour),
            .init(name: "weight", offset: 32, type: .float(.init(size: 8, order: .big))),
            .init(name: "label", offset: 41, type: .string(.init(length: 3))),
        ])
    private static let fixedRow = Datatype.Compound(
        size: 16,
        fields: [
            .init(name: "b", offset: 8, type: .float(.init(size: 8))), .init(name: "a", offset: 1, type: colour),
        ])

    private static func row(_ index: Int) -> [UInt8] {
        var row = bytes([Int32(index)])
        row += bytes([String(repeating: "x", count: index % 5)])
        row += [0xff, 0xf9]
        row += Array(repeating: UInt8(index % 250), count: 8)
        return row + Array("abc".utf8)
    }

    private static func rows(_ count: Int) -> [UInt8] {
        (0..<count).flatMap(row)
    }

    static let layouts: [(DatasetCreation.LayoutChoice, [Filter])] = [
        (.contiguous, []), (.chunked([4]), []), (.chunked([7]), [.shuffle, .deflate(level: 3)]),
        (.chunked([5]), [.fletcher32]), (.compact, []),
    ]

    static let values: [(Datatype, [UInt8])] = [
        (.int32, bytes((0..<20).map { Int32($0) * 0x10101 })),
        (.integer(.init(size: 8, isSigned: false, order: .big)), (0..<160).map { UInt8($0) }),
        (.float(.init(size: 2)), (0..<40).map { UInt8($0) }), (colour, (0..<40).map { UInt8($0) }),
        (.string(.init(length: 3)), Array(repeating: Array("a\0b".utf8), count: 20).flatMap { $0 }),
        (.text, bytes((0..<20).map { String(repeating: "\u{e9}", count: $0) })), (.compound(row), rows(20)),
        (.compound(fixedRow), (0..<200).map { UInt8($0) }),
        (
            .integer(.init(size: 2, isSigned: true, bits: .init(precision: 12, offset: 2))),
            bytes((0..<20).map { Int16($0) * 10 - 100 })
        ),
    ]

    @Test(arguments: layouts, values)
    func write_IsReadBack(
        layout: (choice: DatasetCreation.LayoutChoice, filters: [Filter]), value: (type: Datatype, bytes: [UInt8])
    ) throws {
        let scratch = try Scratch()
        let filters = value.type == .text ? layout.filters.filter(\.isOptional) : layout.filters
        let creation = DatasetCreation(
            dataspace: .shape(20), datatype: value.type, layout: layout.choice, filters: filters)
        try scratch.write { file throws(ServiceError) in try file.put("/x", creation, value.bytes) }
        #expect(try scratch.value("/x").bytes == value.bytes)
        #expect(try scratch.read { file throws(ServiceError) in try file.dataset(at: "/x").datatype } == value.type)
    }

    @Test(arguments: layouts)
    func write_OfAPart_LeavesTheRest(layout: (choice: DatasetCreation.LayoutChoice, filters: [Filter])) throws {
        let scratch = try Scratch()
        let creation = DatasetCreation(
            dataspace: .shape(20), datatype: .int32, layout: layout.choice, filters: layout.filters)
        try scratch.write { file throws(ServiceError) in
            try file.put("/x", creation, bytes((0..<20).map { Int32($0) }))
            try file.withDataset(at: "/x") { dataset throws(ServiceError) in
                let part = Hyperslab(spans: [Span(start: 2, stride: 6, count: 3)])
                try dataset.write(part, as: .int32, bytes: bytes([-1, -2, -3] as [Int32]))
            }
        }
        let changed: [Int: Int32] = [2: -1, 8: -2, 14: -3]
        let expected = (0..<20).map { changed[$0] ?? Int32($0) }
        #expect(try scratch.value("/x").bytes == bytes(expected))
    }

    @Test(arguments: layouts)
    func write_OfPoints_KeepsTheLastValueOfEach(
        layout: (choice: DatasetCreation.LayoutChoice, filters: [Filter])
    ) throws {
        let scratch = try Scratch()
        let creation = DatasetCreation(
            dataspace: .shape(20), datatype: .int32, layout: layout.choice, filters: layout.filters)
        let points = try Points(rank: 1, coordinates: [7, 3, 19, 7])
        try scratch.write { file throws(ServiceError) in
            try file.put("/x", creation, bytes((0..<20).map { Int32($0) }))
            try file.withDataset(at: "/x") { dataset throws(ServiceError) in
                try bytes([1, 2, 3, 4] as [Int32]).withUnsafeBufferPointer { bytes throws(ServiceError) in
                    try dataset.write(points: points, as: .int32, UnsafeRawBufferPointer(bytes))
                }
            }
        }
        let changed: [Int: Int32] = [3: 2, 7: 4, 19: 3]
        #expect(try scratch.value("/x").bytes == bytes((0..<20).map { changed[$0] ?? Int32($0) }))
        let read = try scratch.read { file throws(ServiceError) in
            try file.withDataset(at: "/x") { dataset throws(ServiceError) in
                try dataset.read(points: points, as: .int32)
            }
        }
        #expect(read.bytes == bytes([4, 2, 3, 4] as [Int32]))
        #expect(read.shape == [4])
    }

    @Test func points_OutsideTheShape_AreRefused() throws {
        let scratch = try Scratch()
        let creation = DatasetCreation(dataspace: .shape(2, 3), datatype: .int32, layout: .contiguous)
        try scratch.write { file throws(ServiceError) in
            try file.put("/x", creation, bytes([Int32](repeating: 0, count: 6)))
        }
        for coordinates in [[0, 0, 1, 3], [0, 0, -1, 0]] {
            let error = #expect(throws: ServiceError.self) {
                try scratch.read { file throws(ServiceError) in
                    try file.withDataset(at: "/x") { dataset throws(ServiceError) in
                        try dataset.read(points: try Points(rank: 2, coordinates: coordinates), as: .int32)
                    }
                }
            }
            #expect(error?.code == .outOfBounds)
            #expect(error?.message.contains("point 1") == true)
        }
    }

    @Test(arguments: layouts)
    func write_OfSomeFields_KeepsTheOthers(layout: (choice: DatasetCreation.LayoutChoice, filters: [Filter])) throws {
        let scratch = try Scratch()
        let creation = DatasetCreation(
            dataspace: .shape(2), datatype: .compound(Self.row),
            layout: layout.choice == .contiguous ? .contiguous : .chunked([2]),
            filters: layout.filters)
        try scratch.write { file throws(ServiceError) in
            try file.put("/x", creation, Self.rows(2))
            try file.withDataset(at: "/x") { dataset throws(ServiceError) in
                let fields = Datatype.compound(try Self.row.selecting(["label", "colour"]))
                try dataset.write(Hyperslab(all: [2]), as: fields, bytes: Array("xyz\0\u{1}uvw\0\u{2}".utf8))
                let name = Datatype.compound(try Self.row.selecting(["name"]))
                try dataset.write(Hyperslab(spans: [Span(start: 1, count: 1)]), as: name, bytes: bytes(["renamed"]))
            }
        }
        var expected = bytes([0] as [Int32]) + bytes([""]) + [0, 1]
        expected += Array(repeating: 0, count: 8) + Array("xyz".utf8)
        expected += bytes([1] as [Int32]) + bytes(["renamed"]) + [0, 2]
        expected += Array(repeating: 1, count: 8) + Array("uvw".utf8)
        #expect(try scratch.value("/x").bytes == expected)
    }

    @Test func write_OfManyStrings_GoesPieceByPiece() throws {
        let scratch = try Scratch()
        let creation = DatasetCreation(
            dataspace: .shape(300, 300), datatype: .text, layout: .chunked([70, 70]), filters: [.deflate(level: 1)])
        let texts = (0..<90_000).map { "\($0)" }
        try scratch.write { file throws(ServiceError) in try file.put("/x", creation, bytes(texts)) }
        #expect(try scratch.value("/x").bytes == bytes(texts))
    }

    @Test func write_ToManyChunks_GoesPieceByPiece() throws {
        let scratch = try Scratch()
        let creation = DatasetCreation(dataspace: .shape(300, 300), datatype: .int32, layout: .chunked([1, 1]))
        let numbers = bytes((0..<90_000).map { Int32($0) })
        try scratch.write { file throws(ServiceError) in try file.put("/x", creation, numbers) }
        #expect(try scratch.value("/x").bytes == numbers)
    }

    @Test(arguments: [
        ("/le_i4/gzip", ErrorCode.invalid, 139), ("/le_i4/gzip", .invalid, 141), ("/null", .invalid, 0),
        ("/special/array", .invalid, 23), ("/special/vlen", .invalid, 7), ("/special/time", .unsupported, 8),
    ])
    func write_IsRefused(path: String, code: ErrorCode, count: Int) throws {
        let error = try Scratch(copyOf: "types-v110.h5").refusal { file throws(ServiceError) in
            try file.withDataset(at: ObjectPath(path)) { dataset throws(ServiceError) in
                try dataset.writeAll(Array(repeating: 0, count: count))
            }
        }
        #expect(error.code == code, "\(error)")
    }

    @Test(
        arguments: [
            ([5, 0, 0, 0, 65], "1 elements of /x are expected; the bytes end within element 0"),
            ([1, 0, 0, 0, 0], "element 0 for /x has a string with a NUL, where it would end"),
            ([1, 0, 0, 0, 65, 0], "1 bytes follow the 1 elements for /x"),
        ] as [([UInt8], String)])
    func write_OfStringsThatAreNone_SaysWhere(wrong: [UInt8], message: String) throws {
        let scratch = try Scratch()
        try scratch.write { file throws(ServiceError) in
            try file.createDataset(at: "/x", .init(dataspace: .shape(1), datatype: .text))
        }
        let error = try scratch.refusal { file throws(ServiceError) in
            try file.withDataset(at: "/x") { dataset throws(ServiceError) in try dataset.writeAll(wrong) }
        }
        #expect(error == ServiceError(.invalid, message))
    }

    @Test(arguments: [2048, -2049] as [Int16])
    func write_OfANumberThatDoesNotFit_IsRefused(number: Int16) throws {
        let error = try Scratch(copyOf: "types-v110.h5").refusal { file throws(ServiceError) in
            try file.withDataset(at: "/odd") { dataset throws(ServiceError) in
                try dataset.writeAll(bytes([0, 1, 2, number]))
            }
        }
        #expect(error == ServiceError(.invalid, "element 3 for /odd does not fit the 12 bits of its integer"))
    }

    @Test(arguments: [
        Datatype.integer(.init(size: 4, isSigned: true, order: .big)), .float(.init(size: 4)),
        .compound(.init(packing: [("a", .int32)])),
    ])
    func write_InAnotherDatatype_IsRefused(datatype: Datatype) throws {
        let error = try Scratch(copyOf: "types-v110.h5").refusal { file throws(ServiceError) in
            try file.withDataset(at: "/le_i4/gzip") { dataset throws(ServiceError) in
                try dataset.write(Hyperslab(all: [7, 5]), as: datatype, bytes: Array(repeating: 0, count: 140))
            }
        }
        #expect(error.code == .invalid)
    }

    @Test(arguments: [("/virtual", "virtual dataset"), ("/external", "external storage")])
    func write_OfValuesInOtherFiles_IsUnsupported(path: String, words: String) throws {
        let error = try Scratch(copyOf: "elsewhere.h5").refusal { file throws(ServiceError) in
            try file.withDataset(at: ObjectPath(path)) { dataset throws(ServiceError) in try dataset.writeAll([]) }
        }
        #expect(error.code == .unsupported)
        #expect(error.message.contains(words))
    }
}
