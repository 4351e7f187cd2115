import H5Model
import HDF5JSON
import Testing

@Suite struct NumPyTests {
    private static let complex = Datatype.complex(of: .init(size: 8))

    @Test(
        arguments: [
            ("<f8", .float(.init(size: 8))), (">f4", .float(.init(size: 4, order: .big))),
            ("f4", .float(.init(size: 4))),
            ("=f2", .float(.init(size: 2))), ("|i1", .integer(.init(size: 1, isSigned: true))),
            ("i", .integer(.init(size: 4, isSigned: true))),
            (">u8", .integer(.init(size: 8, isSigned: false, order: .big))),
            ("float64", .float(.init(size: 8))), ("int32", .integer(.init(size: 4, isSigned: true))),
            ("int", .integer(.init(size: 8, isSigned: true))), ("S4", .string(.init(length: 4))),
            ("|S300", .string(.init(length: 300))), ("bool", .boolean), ("?", .boolean), ("|b1", .boolean),
            ("b", .integer(.init(size: 1, isSigned: true))), ("str", .variableString(.utf8, .nullTerminated)),
            ("c16", complex), ("complex128", complex), (">c8", .complex(of: .init(size: 4, order: .big))),
            ("V3", .opaque(size: 3, tag: "")), ("<M8[ns]", .opaque(size: 8, tag: "NUMPY:<M8[ns]")),
            ("m8[s]", .opaque(size: 8, tag: "NUMPY:<m8[s]")), ("M8", .opaque(size: 8, tag: "NUMPY:<M8")),
        ] as [(String, Datatype)])
    func string_OfANumPyType_IsTheDatatype(text: String, expected: Datatype) throws {
        #expect(try Datatype(numPy: text) == expected)
    }

    @Test(
        arguments: [
            ("U4", "HDF5 has no UTF-32 strings; \"str\" is text of any length, \"S10\" text of at most 10 bytes"),
            ("<U10", "HDF5 has no UTF-32 strings; \"str\" is text of any length, \"S10\" text of at most 10 bytes"),
            ("O", "HDF5 has no Python objects; \"str\" is text of any length"),
            ("M4", "NumPy has its times as \"<M8[ns]\", with the unit in brackets"),
            ("g", "extended floats are of no fixed format"), ("S", "the length is missing, as in \"S10\""),
        ])
    func string_OfATypeThatHDF5HasNot_IsRefusedWithTheReason(text: String, reason: String) {
        let error = #expect(throws: ServiceError.self) { try Datatype(numPy: text) }
        #expect(error == ServiceError(.unsupported, "the datatype \"\(text)\" cannot be made: \(reason)"))
    }

    @Test(
        arguments: [
            "", "<", "f", "f3", "f16", "i3", "u0", "b8", "c4", "S0", "S-1", "S4294967296", "f8 ", "x", "f\u{665}",
        ].filter { $0 != "f" })
    func string_OfNoType_IsRefused(text: String) {
        let error = #expect(throws: ServiceError.self) { try Datatype(numPy: text) }
        #expect(error?.code == .invalid)
    }

    @Test(arguments: ["<f8", ">f2", "|i1", ">u8", "|S4", "|b1", "<c16", ">c8"])
    func string_OfADatatype_ReadsBack(text: String) throws {
        #expect(try Datatype(numPy: text).numPyType == text)
    }
}
