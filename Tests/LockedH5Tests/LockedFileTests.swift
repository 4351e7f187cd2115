import Foundation
import H5Model
import LockedH5
import Testing

@Suite struct LockedFileTests {
    static func fixture(_ name: String) throws -> String {
        let directory = try #require(
            ProcessInfo.processInfo.environment["LOCKEDH5_FIXTURES"],
            "set LOCKEDH5_FIXTURES to a directory that `python Tests/fixtures/make.py DIRECTORY` has filled")
        return "\(directory)/\(name)"
    }

    @Test func read_GivesTheBodysResult() throws {
        let count = try LockedFile.read(Self.fixture("listing-v110.h5")) { (file) throws(ServiceError) in
            try file.group(at: ObjectPath("/ordered")).memberCount
        }
        #expect(count == 300)
    }
}
