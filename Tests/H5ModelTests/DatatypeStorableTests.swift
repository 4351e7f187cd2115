import H5Model
import Testing

@Suite struct DatatypeStorableTests {
    private static let byte = Datatype.Integer(size: 1, isSigned: true)

    private static func compound(_ size: Int, _ fields: [(String, Int, Datatype)]) -> Datatype {
        .compound(.init(size: size, fields: fields.map { .init(name: HDF5Name($0), offset: $1, type: $2) }))
    }

    private static func enumeration(_ base: Datatype.Integer, _ members: [(String, Int64)]) -> Datatype {
        .enumeration(base, members: members.map { .init(name: HDF5Name($0), value: $1) })
    }

    /// Typed, since the compiler takes long to find out by itself.
    private static let sizes: [(Datatype, Int)] = [
        (.integer(byte), 1), (.float(.init(size: 2)), 2), (.variableString(.utf8, .nullTerminated), 16),
        (enumeration(byte, [("A", -128), ("B", 127)]), 1),
        (enumeration(.init(size: 8, isSigned: false), [("A", -1)]), 8),
        (compound(32, [("b", 20, .float(.init(size: 8))), ("a", 3, .integer(byte))]), 32),
        (.array(of: .float(.init(size: 4)), shape: [2, 3]), 24), (.opaque(size: 5, tag: "tag"), 5),
        (.integer(.init(size: 2, isSigned: true, bits: .init(precision: 12, offset: 4))), 2),
        (.variableLength(of: .integer(byte)), 16), (.reference(.region), 12),
    ]

    @Test(arguments: sizes)
    func checkStorable_IsTheSize(datatype: Datatype, size: Int) throws {
        #expect(try datatype.checkStorable() == size)
    }

    private static let many = 1 << 32

    private static let refused: [(Datatype, ErrorCode)] = [
        (.integer(.init(size: 3, isSigned: true)), .unsupported),
        (.integer(.init(size: 2, isSigned: true, bits: .init(precision: 12, offset: 5))), .invalid),
        (.float(.init(size: 16)), .unsupported), (.string(.init(length: 0)), .invalid),
        (.string(.init(length: many)), .tooLarge), (.opaque(size: 0, tag: ""), .invalid),
        (.opaque(size: 1, tag: String(repeating: "x", count: 256)), .invalid),
        (.bitfield(size: 3, order: .little), .unsupported),
        (enumeration(byte, []), .invalid), (enumeration(byte, [("A", 128)]), .invalid),
        (enumeration(.init(size: 1, isSigned: false), [("A", -1)]), .invalid),
        (enumeration(byte, [("A", 1), ("A", 2)]), .invalid), (enumeration(byte, [("A", 1), ("B", 1)]), .invalid),
        (enumeration(byte, [("", 1)]), .invalid), (compound(1, []), .invalid),
        (compound(2, [("a", 0, .integer(byte)), ("a", 1, .integer(byte))]), .invalid),
        (compound(2, [("a", 0, .float(.init(size: 2))), ("b", 1, .integer(byte))]), .invalid),
        (compound(2, [("a", 1, .float(.init(size: 2)))]), .invalid),
        (compound(2, [("a", -1, .integer(byte))]), .invalid),
        (compound(2, [("a\0", 0, .integer(byte))]), .invalid), (.array(of: .integer(byte), shape: []), .invalid),
        (.array(of: .integer(byte), shape: [0]), .invalid), (.array(of: .integer(byte), shape: [many]), .tooLarge),
        (.array(of: .integer(byte), shape: [many, many]), .tooLarge),
        (.array(of: .array(of: .integer(byte), shape: [many / 2]), shape: [many]), .tooLarge),
        (.other(className: "H5T_TIME", size: 4), .unsupported),
    ]

    @Test(arguments: refused)
    func checkStorable_RefusesWhatNoFileHolds(datatype: Datatype, code: ErrorCode) {
        do {
            try datatype.checkStorable()
            Issue.record("it was accepted")
        } catch {
            #expect(error.code == code)
        }
    }

    @Test func checkStorable_RefusesDeepNesting() {
        let deep = (0..<70).reduce(Datatype.integer(Self.byte)) { type, _ in .array(of: type, shape: [1]) }
        #expect(throws: ServiceError(.unsupported, "the datatype is nested more than 60 deep")) {
            try deep.checkStorable()
        }
    }
}
