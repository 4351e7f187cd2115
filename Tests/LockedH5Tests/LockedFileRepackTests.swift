import Glibc
import H5Model
import LockedH5
import Testing

@Suite struct LockedFileRepackTests {
    /// A file with a hard link twice to one dataset, and 400 kB that nothing needs.
    private func scratch(_ low: FormatVersion) throws -> Scratch {
        let scratch = try Scratch(low)
        try scratch.write { file throws(ServiceError) in
            try file.put(
                "/waste", .init(dataspace: .shape(100_000), datatype: .int32), Array(repeating: 7, count: 400_000))
            try file.put("/x", .init(dataspace: .shape(2), datatype: .int32), [1, 0, 0, 0, 2, 0, 0, 0])
            try file.createLink(at: "/group/again", .hard("/x"))
        }
        try scratch.write { file throws(ServiceError) in try file.unlink("/waste") }
        return scratch
    }

    @Test(arguments: Scratch.bounds)
    func repack_KeepsWhatIsThere_AndNothingElse(low: FormatVersion) throws {
        let scratch = try scratch(low)
        chmod(scratch.path, 0o640)
        let report = try LockedFile.repack(scratch.path)
        var status = stat()
        stat(scratch.path, &status)
        #expect(report.after == status.st_size)
        #expect(report.after < report.before - 390_000)
        #expect(status.st_mode & 0o777 == 0o640)
        try scratch.write { file throws(ServiceError) in
            try file.withDataset(at: "/group/again") { dataset throws(ServiceError) in
                try dataset.write(Hyperslab(spans: [Span(start: 0, count: 1)]), as: .int32, bytes: [9, 0, 0, 0])
            }
        }
        #expect(try scratch.value("/x").bytes == [9, 0, 0, 0, 2, 0, 0, 0])
    }

    @Test func repack_OfWhatIsNoFile_IsRefused() throws {
        #expect(throws: ServiceError.self) { try LockedFile.repack("/dev/null") }
        #expect(throws: ServiceError.self) { try LockedFile.repack("/none/there.h5") }
    }
}
