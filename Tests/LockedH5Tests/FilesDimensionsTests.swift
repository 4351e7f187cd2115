import H5Model
import LockedH5
import Testing

@Suite struct FilesDimensionsTests {
    private func scratch(_ low: FormatVersion = .v110) throws -> Scratch {
        let scratch = try Scratch(low)
        try scratch.write { file throws(ServiceError) in
            try file.createDataset(at: "/data", .init(dataspace: .shape(2, 3), datatype: .int32))
            for name in ["x", "y"] {
                try file.createDataset(
                    at: ObjectPath(names: [HDF5Name(name)]), .init(dataspace: .shape(3), datatype: .int32))
            }
        }
        return scratch
    }

    @Test(arguments: Scratch.bounds)
    func change_IsReadBack(low: FormatVersion) throws {
        let scratch = try scratch(low)
        try scratch.write { file throws(ServiceError) in
            try file.change(.makeScale("the x"), of: "/x")
            try file.change(.label(0, "row"), of: "/data")
            try file.change(.attach(1, "/x"), of: "/data")
            try file.change(.attach(1, "/y"), of: "/data")
        }
        let scales = { (path: ObjectPath) in
            try scratch.read { file throws(ServiceError) in try file.dimensionScales(of: path) }
        }
        #expect(
            try scales("/data")
                == DimensionScales(
                    scaleName: nil,
                    dimensions: [.init(label: "row", scales: []), .init(label: "", scales: ["/x", "/y"])])
        )
        #expect(try scales("/x").scaleName == "the x")
        #expect(try scales("/y").scaleName == "")
        try scratch.write { file throws(ServiceError) in try file.change(.detach(1, "/x"), of: "/data") }
        #expect(try scales("/data").dimensions[1].scales == ["/y"])
    }

    @Test(arguments: [
        (DimensionChange.label(2, "x"), ErrorCode.outOfBounds), (.attach(0, "/data"), .invalid),
        (.attach(0, "/none"), .notFound), (.attach(0, "/"), .wrongKind), (.detach(0, "/x"), .notFound),
    ])
    func change_IsRefused(change: DimensionChange, code: ErrorCode) throws {
        let error = try scratch().refusal { file throws(ServiceError) in try file.change(change, of: "/data") }
        #expect(error.code == code, "\(error)")
    }
}
