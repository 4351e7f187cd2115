import H5Model
import HDF5
import LeakCheck
import Testing

@Suite(.leavesNothingOpen) struct DatasetTests {
    private func info(_ path: ObjectPath, _ name: String = "types-v110.h5") throws -> DatasetInfo {
        try Fixtures.open(name) { try $0.dataset(at: path).info() }
    }

    @Test(
        arguments: [
            ("/unwritten", [9, 0, 0, 0]), ("/sparse", [0, 0, 0xc0, 0xbf]), ("/le_i4/gzip", [0, 0, 0, 0]),
            ("/strings", [0, 0, 0, 0]), ("/special/vlen", [0, 0, 0, 0]), ("/special/time", nil),
        ] as [(String, [UInt8]?)])
    func fillValue_IsOneElementOnTheWire(path: String, value: [UInt8]?) throws {
        #expect(try info(ObjectPath(path)).fillValue == value)
    }

    @Test func layout_TellsWhereNothingIsStoredYet() throws {
        #expect(try info("/unwritten").layout == .contiguous(offset: nil))
    }

    @Test func layout_CountsVirtualSources() throws {
        #expect(try info("/virtual", "elsewhere.h5").layout == .virtual(sourceCount: 1))
    }

    @Test func open_OfAVirtualDatasetWhoseShapeLiesElsewhere_IsRefused() throws {
        let error = try failure { try info("/growing", "elsewhere.h5") }
        #expect(error.cause == .unsupported)
        #expect(error.message.contains("source.h5"), "\(error.message)")
    }

    @Test func open_OfAGroup_IsTheWrongKind() throws {
        #expect(try failure { try info("/le_i4") } == HDF5Error(.wrongKind, "/le_i4 is a group, not a dataset"))
    }
}
