import LockedH5
import LeakCheck
import Testing

@Suite(.leavesNothingOpen) struct LockedFileScopesTests {
    private struct Stop: Error, Equatable {}

    @Test func write_TakesNothing_WhereTheBodyThrowsAnyError() throws {
        let scratch = try Scratch(h5py: "f['x'] = 1")
        #expect(throws: Stop()) {
            try LockedFile.write(scratch.path) { file in
                try file.createDataset("y", [1])
                throw Stop()
            }
        }
        #expect(try scratch.h5py("print(list(f))") == "['x']")
    }

    @Test func read_ThrowsWhatTheBodyThrows() throws {
        let scratch = try Scratch(h5py: "f['x'] = 1")
        #expect(throws: Stop()) { try LockedFile.read(scratch.path) { _ in throw Stop() } }
        let missing = #expect(throws: ServiceError.self) {
            try LockedFile.read(scratch.path) { file in try file.dataset("y").read(as: Int.self) }
        }
        #expect(missing?.code == .notFound)
    }
}
