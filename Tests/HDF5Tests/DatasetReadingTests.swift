import Foundation
import H5Model
import HDF5
import LeakCheck
import Testing

@Suite(.leavesNothingOpen) struct DatasetReadingTests {
    @Test(arguments: Fixtures.bounds)
    func read_OfAPart_IsWhatH5pyReads(bound: String) throws {
        let expected = try #require(try Fixtures.expected("types-\(bound).h5").selections)
        #expect(!expected.isEmpty)
        try Fixtures.open("types-\(bound).h5") { file in
            for part in expected {
                let dataset = try file.dataset(at: ObjectPath(part.path))
                let value = try dataset.read(.hyperslab(part.hyperslab), as: dataset.datatype.packed(), limit: .max)
                #expect(Data(value.bytes) == part.values, "\(dataset.path) \(part.spans)")
                #expect(value.shape == part.spans.map { $0[2] })
            }
        }
    }

    private func read(
        _ path: ObjectPath, _ selection: Hyperslab? = nil, limit: Int = .max,
        as wire: (Datatype) throws -> Datatype = { $0.packed() }
    ) throws -> [UInt8] {
        try Fixtures.open("types-v110.h5") { file in
            let dataset = try file.dataset(at: path)
            let all = Selection(all: dataset.dataspace.shape ?? [])
            return try dataset.read(selection.map(Selection.hyperslab) ?? all, as: wire(dataset.datatype), limit: limit)
                .bytes
        }
    }

    @Test(arguments: [2, 4, 8])
    func read_InTheOtherOrder_TurnsBytesAround(size: Int) throws {
        for kind in ["i", "u", "f"] {
            let stored = try read(ObjectPath("be_\(kind)\(size)/gzip"))
            let turned = try read(ObjectPath("be_\(kind)\(size)/gzip")) { $0.packed(order: .little) }
            let expected = stride(from: 0, to: stored.count, by: size).flatMap { stored[$0..<$0 + size].reversed() }
            #expect(turned == expected, "\(kind)")
        }
    }

    @Test func read_InTheOtherOrder_KeepsValuesThatNoEnumMemberHas() throws {
        #expect(try read("/enum") { $0.packed(order: .little) } == [0, 0, 1, 0, 0xf9, 0xff, 99, 0])
    }

    @Test func read_OfOddIntegers_FillsTheirBytes() throws {
        #expect(try read("/odd") == [0, 0, 0xff, 0xff, 0xff, 0x07, 0x00, 0xf8])
    }

    @Test func read_OfSomeFields_PacksThemInTheGivenOrder() throws {
        let bytes = try read("/rows") { datatype in
            guard case .compound(let row) = datatype else { return datatype }
            return .compound(try row.selecting(["label", "id"]))
        }
        #expect(bytes == Array("ab\0".utf8) + [1, 0, 0, 0] + Array("xyz".utf8) + [0xfe, 0xff, 0xff, 0xff])
    }

    @Test func read_OfOneStringField_CountsItsBytes() throws {
        let bytes = try read("/textrows") { datatype in
            guard case .compound(let row) = datatype else { return datatype }
            return .compound(try row.selecting(["name"]))
        }
        #expect(bytes == [3, 0, 0, 0] + Array("one".utf8) + [0, 0, 0, 0])
    }

    @Test func read_OfStringsNeverWritten_IsEmptyStrings() throws {
        #expect(try read("/strings", Hyperslab(spans: [Span(start: 4, count: 1)])) == [0, 0, 0, 0])
    }

    @Test func read_IsZeros_WhereNothingWasEverWritten() throws {
        let bytes = try read("/unfilled")
        #expect(bytes.count == 360_000)
        #expect(bytes.allSatisfy { $0 == 0 })
    }

    @Test(arguments: [
        (
            "/le_i4/contiguous", 139,
            "this part of /le_i4/contiguous takes 140 bytes; at most 139 bytes are allowed at once"
        ),
        ("/strings", 19, "this part of /strings takes 20 bytes; at most 19 bytes are allowed at once"),
        ("/strings", 3000, "this part of /strings takes more; at most 3000 bytes are allowed at once"),
        ("/strings", 3029, "this part of /strings takes 3030 bytes; at most 3029 bytes are allowed at once"),
    ])
    func read_OfMoreThanTheLimit_IsTooLarge(path: String, limit: Int, message: String) throws {
        let error = try failure { try read(ObjectPath(path), limit: limit) }
        #expect(error == HDF5Error(.tooLarge, message))
    }

    @Test(arguments: [
        (Hyperslab(spans: [Span(start: 0, count: 8), Span(start: 0, count: 1)]), HDF5Error.Cause.outOfBounds),
        (Hyperslab(spans: [Span(start: 3, stride: 2, count: 3), Span(start: 0, count: 1)]), .outOfBounds),
        (Hyperslab(spans: [Span(start: 0, stride: .max, count: 3), Span(start: 0, count: 1)]), .outOfBounds),
        (Hyperslab(spans: [Span(start: 0, count: 1)]), .invalid),
        (Hyperslab(spans: [Span(start: -1, count: 1), Span(start: 0, count: 1)]), .invalid),
    ])
    func read_OutsideTheShape_IsRefused(selection: Hyperslab, cause: HDF5Error.Cause) throws {
        #expect(try failure { try read("/le_i4/contiguous", selection) }.cause == cause)
    }

    @Test func read_OfTimes_IsUnsupported() throws {
        let error = try failure { try read("/special/time") }
        #expect(
            error == HDF5Error(.unsupported, "/special/time holds values of 4-byte H5T_TIME, which are not supported"))
    }

    @Test(
        arguments: [
            ("array", 24), ("vlen", 8), ("opaque", 10), ("object", 8), ("region", 8), ("mixed", 40), ("bits", 4),
            ("bfloat16", 16),
        ])
    func read_OfWhatWasNeverWritten_IsZerosAsTheyTravel(name: String, count: Int) throws {
        #expect(try read(ObjectPath("/special/\(name)")) == Array(repeating: 0, count: count))
    }

    @Test func read_OfANullDataspace_IsInvalid() throws {
        #expect(
            try failure { try read("/null") } == HDF5Error(.invalid, "/null has a null dataspace: it holds no values"))
    }

    @Test func read_AsADatatypeOfItsOwn_IsInvalid() throws {
        let error = try failure { try read("/le_i4/gzip") { _ in .string(.init(length: 4)) } }
        #expect(error.cause == .invalid)
    }

    @Test(arguments: [("/virtual", "another file, \"source.h5\""), ("/external", "external storage")])
    func read_OfValuesInOtherFiles_IsUnsupported(path: String, words: String) throws {
        let error = try Fixtures.open("elsewhere.h5") { file in
            let dataset = try file.dataset(at: ObjectPath(path))
            return try failure {
                try dataset.read(Selection(all: [dataset.dataspace.shape?[0] ?? 0]), as: dataset.datatype, limit: 99)
            }
        }
        #expect(error.cause == .unsupported)
        #expect(error.message.contains(words))
    }
}
