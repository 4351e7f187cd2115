import H5Model
import LockedH5
import Testing

@Suite struct FilesDatatypesTests {
    private static let point = Datatype.compound(
        .init(packing: [("x", .float(.init(size: 4))), ("y", .float(.init(size: 8, order: .big)))]))

    @Test(arguments: Scratch.bounds)
    func commit_IsReadBack_AndShared(low: FormatVersion) throws {
        let scratch = try Scratch(low)
        try scratch.write { file throws(ServiceError) in
            try file.commit(Self.point, at: "/types/point")
            try file.createDataset(
                at: "/x", .init(dataspace: .shape(2), datatype: Self.point, committedDatatype: "/types/point"))
            try file.setAttribute(
                "a", of: "/x", dataspace: .scalar, datatype: Self.point, committedDatatype: "/types/point",
                bytes: Array(repeating: 0, count: 12))
        }
        let (type, dataset, attribute) = try scratch.read { file throws(ServiceError) in
            (
                try file.datatypeInfo(at: "/types/point"), try file.dataset(at: "/x"),
                try file.attribute("a", of: "/x").info
            )
        }
        #expect(type == DatatypeInfo(datatype: Self.point, attributeCount: 0))
        #expect(dataset.datatype == Self.point)
        #expect(dataset.committedDatatype == CommittedDatatype(path: "/types/point"))
        #expect(attribute.committedDatatype == CommittedDatatype(path: "/types/point"))
    }

    @Test func unlink_LeavesTheTypeWithoutAPath() throws {
        let scratch = try Scratch()
        try scratch.write { file throws(ServiceError) in
            try file.commit(.int32, at: "/t")
            try file.createDataset(at: "/x", .init(dataspace: .scalar, datatype: .int32, committedDatatype: "/t"))
            try file.unlink("/t", kind: .datatype)
        }
        let info = try scratch.read { file throws(ServiceError) in try file.dataset(at: "/x") }
        #expect(info.committedDatatype == CommittedDatatype(path: nil))
    }

    @Test(arguments: [("/t", ErrorCode.exists), ("/", .exists), ("/x/y", .wrongKind)] as [(ObjectPath, ErrorCode)])
    func commit_IsRefused(path: ObjectPath, code: ErrorCode) throws {
        let scratch = try Scratch()
        try scratch.write { file throws(ServiceError) in
            try file.commit(.int32, at: "/t")
            try file.createDataset(at: "/x", .init(dataspace: .scalar, datatype: .int32))
        }
        #expect(try scratch.refusal { file throws(ServiceError) in try file.commit(.int32, at: path) }.code == code)
    }

    @Test func createDataset_IsRefused_OfAnotherType() throws {
        let scratch = try Scratch()
        try scratch.write { file throws(ServiceError) in try file.commit(.int32, at: "/t") }
        let error = try scratch.refusal { file throws(ServiceError) in
            try file.createDataset(at: "/x", .init(dataspace: .scalar, datatype: .text, committedDatatype: "/t"))
        }
        #expect(error == ServiceError(.invalid, "the datatype committed at /t is another one"))
    }

    @Test func modifyAttribute_KeepsTypeAndOrder() throws {
        let scratch = try Scratch()
        try scratch.write { file throws(ServiceError) in
            try file.commit(.int32, at: "/t")
            try file.setAttribute(
                "a", of: .root, dataspace: .scalar, datatype: .int32, committedDatatype: "/t", bytes: [1, 0, 0, 0])
            try file.modifyAttribute("a", of: .root, bytes: [2, 0, 0, 0])
        }
        let attribute = try scratch.read { file throws(ServiceError) in try file.attribute("a", of: .root) }
        #expect(attribute.value?.bytes == [2, 0, 0, 0])
        #expect(attribute.info.committedDatatype == CommittedDatatype(path: "/t"))
    }
}
