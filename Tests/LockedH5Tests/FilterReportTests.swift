import LockedH5
import Testing

@Suite struct FilterReportTests {
    @Test func prepare_LoadsTheDistributionsFilters() throws {
        let report = try LockedFile.prepare()
        // Debian's hdf5-filter-plugin, -blosc-serial and -zfp-serial: bzip2, lz4, blosc, zfp.
        #expect(Set(report.loaded).isSuperset(of: [307, 32004, 32001, 32013]), "\(report)")
    }
}
