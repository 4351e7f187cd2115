import H5Model
import HDF5
import LeakCheck
import Testing

@Suite(.leavesNothingOpen) struct FilterPipelineTests {
    private func read(_ path: ObjectPath) throws -> [UInt8] {
        try Fixtures.open("filters-v110.h5") { file in
            let dataset = try file.dataset(at: path)
            return try dataset.read(Selection(all: [3, 4]), as: dataset.datatype, limit: .max).bytes
        }
    }

    @Test func read_UsesAFilterPlugin() throws {
        #expect(try read("/bzip2") == read("/expected"))
    }

    @Test func read_WithoutItsFilter_NamesIt() throws {
        let error = try failure { try read("/zstd") }
        #expect(error == HDF5Error(.unsupported, "/zstd needs filter 32015 (zstd), which this server does not have"))
    }

    @Test func info_NamesFilters() throws {
        let info = try Fixtures.open("types-v110.h5") { try $0.dataset(at: "/le_i4/shuffled").info() }
        #expect(info.filters.map(\.name) == ["shuffle", "deflate", "fletcher32"])
    }
}
