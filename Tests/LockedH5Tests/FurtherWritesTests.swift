import Glibc
import H5Model
import LeakCheck
import Testing

@testable import LockedH5

@Suite(.leavesNothingOpen) struct FurtherWritesTests {
    private func write(
        _ scratch: Scratch, _ further: (borrowing FurtherWrites) throws(ServiceError) -> Void
    ) throws {
        let descriptor = open(scratch.path, O_RDWR | O_CLOEXEC)
        defer { close(descriptor) }
        try LockedFile.write(descriptor: descriptor, name: "x.h5", beforeCommit: further) { file throws(ServiceError) in
            file.makeGroup("/first")
        }
    }

    private func names(_ scratch: Scratch) throws -> [String] {
        try scratch.read { file throws(ServiceError) in
            try file.members(of: "/", limit: 10).elements.map { "\($0.name)" }
        }
    }

    @Test(arguments: Scratch.bounds)
    func write_SeesTheEarlierOnes_AndIsCommittedWithThem(low: FormatVersion) throws {
        let scratch = try Scratch(low)
        try write(scratch) { further throws(ServiceError) in
            for number in 1...3 {
                try further.write { file throws(ServiceError) in
                    #expect(try file.contents.kind(at: "/first") == .group)
                    file.makeGroup("/later\(number)")
                }
            }
        }
        #expect(try names(scratch) == ["first", "later1", "later2", "later3"])
    }

    @Test(arguments: Scratch.bounds)
    func write_ThatThrows_IsDroppedAlone(low: FormatVersion) throws {
        let scratch = try Scratch(low)
        try write(scratch) { further throws(ServiceError) in
            let error = #expect(throws: ServiceError.self) {
                try further.write { file throws(ServiceError) in
                    file.makeGroup("/dropped")
                    throw ServiceError(.timeout, "too late")
                }
            }
            #expect(error?.code == .timeout)
            try further.write { file throws(ServiceError) in file.makeGroup("/last") }
        }
        #expect(try names(scratch) == ["first", "last"])
    }

    @Test func write_ThatChangesNothing_LeavesTheOthers() throws {
        let scratch = try Scratch()
        try write(scratch) { further throws(ServiceError) in
            try further.write { file throws(ServiceError) in
                file.makeGroup("/dropped")
                file.leaveUnchanged()
            }
        }
        #expect(try names(scratch) == ["first"])
    }
}
