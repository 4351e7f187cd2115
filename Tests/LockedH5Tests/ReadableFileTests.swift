import H5Model
import LockedH5
import LeakCheck
import Testing

@Suite(.leavesNothingOpen) struct ReadableFileTests {
    @Test(arguments: [
        ("/a/b/data", ErrorCode.wrongKind, "/a/b/data is a dataset, not a group"),
        ("/a/type", .wrongKind, "/a/type is a committed datatype, not a group"),
        ("/x", .notFound, "no object at /x"),
        (
            "/external", .notFound,
            "no file \"other.h5\", to which the external link /external of links-v110.h5 leads"
        ),
    ])
    func group_SaysWhatIsThereInstead(path: String, code: ErrorCode, message: String) throws {
        let error = try failure {
            try LockedFile.read(fixture("links-v110.h5")) { file throws(ServiceError) in
                try file.group(at: ObjectPath(path))
            }
        }
        #expect((error.code, error.message) == (code, message))
    }

    @Test func datatype_IsTheCommittedOne() throws {
        let datatype = try LockedFile.read(fixture("links-v110.h5")) { file throws(ServiceError) in
            try file.datatype(at: "/a/type")
        }
        #expect(datatype == .integer(.init(size: 4, isSigned: true)))
    }

    @Test func walk_EndsWhereTheVisitorSaysSo() throws {
        var count = 0
        try LockedFile.read(fixture("wide-v110.h5")) { file throws(ServiceError) in
            try file.walk { _, _ throws(ServiceError) in
                count += 1
                return count < 5
            }
        }
        #expect(count == 5)
    }

    @Test func walk_ThrowsWhatTheVisitorThrows() throws {
        let error = try failure {
            try LockedFile.read(fixture("wide-v110.h5")) { file throws(ServiceError) in
                try file.walk { _, _ throws(ServiceError) in throw ServiceError(.outOfSpace, "full") }
            }
        }
        #expect(error == ServiceError(.outOfSpace, "full"))
    }

    @Test func withDataset_ReadsInParts() throws {
        let sum = try LockedFile.read(fixture("userblock-v110.h5")) { file throws(ServiceError) in
            try file.withDataset(at: "/data") { dataset throws(ServiceError) in
                var sum = 0
                for row in 0..<4 {
                    let spans = [Span(start: row, count: 1), Span(start: 0, count: 6)]
                    let bytes = try dataset.read(Hyperslab(spans: spans), as: dataset.datatype).bytes
                    sum += stride(from: 0, to: bytes.count, by: 4).reduce(0) { $0 + Int(bytes[$1]) }
                }
                return sum
            }
        }
        #expect(sum == 23 * 24 / 2)
    }

    @Test func attribute_IsFoundByItsName() throws {
        let attribute = try LockedFile.read(fixture("attributes-v110.h5")) { file throws(ServiceError) in
            try file.attribute("na/me", of: "/kinds")
        }
        #expect(attribute.value?.bytes == [1, 0, 0, 0, 0, 0, 0, 0])
    }
}
