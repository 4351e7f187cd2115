import H5Model
@testable import HDF5
import LeakCheck
import Testing

@Suite(.leavesNothingOpen) struct DatatypeEncodingTests {
    @Test(arguments: [
        Datatype.integer(.init(size: 1, isSigned: false)), .integer(.init(size: 8, isSigned: true, order: .big)),
        .float(.init(size: 2)), .float(.init(size: 2, order: .big)), .float(.init(size: 4)),
        .float(.init(size: 8, order: .big)), .string(.init(length: 7, characterSet: .utf8, padding: .spacePadded)),
        .variableString(.utf8, .nullTerminated), .bitfield(size: 4, order: .big), .opaque(size: 3, tag: "tag"),
        .array(of: .float(.init(size: 4)), shape: [2, 3]),
        .variableLength(of: .integer(.init(size: 2, isSigned: true))),
        .reference(.object), .reference(.region),
        .compound(.init(packing: [("a", .integer(.init(size: 1, isSigned: true))), ("b", .float(.init(size: 8)))])),
    ])
    func memoryType_IsTheDatatype(datatype: Datatype) throws {
        try ProcessLock.withLock {
            try HDF5Library.start()
            let before = openIdentifierCounts()
            defer { #expect(openIdentifierCounts() == before) }
            let handle = try memoryType(datatype)
            #expect(try HDF5.datatype(handle.id, of: .root) == datatype)
        }
    }

    @Test func memoryType_OfAnEnumeration_IsItsInteger() throws {
        let integer = Datatype.Integer(size: 2, isSigned: true, order: .big)
        try ProcessLock.withLock {
            let handle = try memoryType(.enumeration(integer, members: [.init(name: "A", value: 1)]))
            #expect(try HDF5.datatype(handle.id, of: .root) == .integer(integer))
        }
    }
}
