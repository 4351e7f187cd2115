import H5Model
import HTTPMessage
import HTTPTypes
import LeakCheck
import Testing

@testable import Dialects

@Suite(.leavesNothingOpen) struct ValueFieldsTests {
    private static let double = Datatype.float(.init(size: 8))
    private static let row = Datatype.compound(
        .init(size: 12, fields: [.init(name: "\u{E9}", offset: 4, type: double)]))

    @Test func fields_OfACompound_AreASCII() {
        let fields = ValueFields.make(datatype: Self.row, shape: [4, 6])
        #expect(fields[.hdf5Shape] == "4,6")
        #expect(fields[.hdf5Datatype]?.contains(#""name":"\u00e9""#) == true)
        #expect(ValueFields.make(datatype: Self.double, shape: [])[.hdf5Shape] == "")
        #expect(ValueFields.make(datatype: Self.double, shape: nil)[.hdf5Shape] == "null")
    }
}
