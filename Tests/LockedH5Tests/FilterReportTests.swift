import LockedH5
import LeakCheck
import Testing

@Suite(.leavesNothingOpen) struct FilterReportTests {
    @Test func prepare_LoadsTheDistributionsFilters() throws {
        let report = try LockedFile.prepare()
        // Debian's hdf5-filter-plugin, -blosc-serial, -zfp-serial and hdf5-plugin-lzf: bzip2, lz4, blosc, zfp, lzf.
        #expect(Set(report.loaded).isSuperset(of: [307, 32004, 32001, 32013, 32000]), "\(report)")
    }
}
