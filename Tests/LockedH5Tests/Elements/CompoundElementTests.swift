import LockedH5
import LeakCheck
import Testing

private enum Phase: UInt8, EnumElement { case solid, liquid }

private struct Place: CompoundElement, Equatable {
    var x: Float
    var y: Float
}

private struct Hit: CompoundElement, Equatable {
    var name: String
    var time: Double
    var phase: Phase
    var place: Place
}

@Suite(.leavesNothingOpen) struct CompoundElementTests {
    private static let made = """
        place = np.dtype({'names': ['y', 'x'], 'formats': ['<f4', '>f4'], 'offsets': [4, 12], 'itemsize': 20})
        hit = np.dtype([('place', place), ('time', '<f4'), ('name', 'S4'), ('phase', h5py.enum_dtype({'solid': 0, 'liquid': 1}, 'u1'))], align=True)
        f['hits'] = np.array([((2, 1), 0.5, b'one', 1), ((4, 3), 1.5, b'two', 0)], hit)
        """

    private static let hits = [
        Hit(name: "one", time: 0.5, phase: .liquid, place: Place(x: 1, y: 2)),
        Hit(name: "two", time: 1.5, phase: .solid, place: Place(x: 3, y: 4)),
    ]

    @Test func rows_AreRead_WhateverTheirOrderAndPadding() throws {
        let rows = try Scratch(h5py: Self.made).read { file throws(ServiceError) in
            try file.dataset("hits").read(as: Hit.self).elements
        }
        #expect(rows == Self.hits)
    }

    @Test func rows_AreWritten_WhateverTheirOrderAndPadding() throws {
        let scratch = try Scratch(h5py: Self.made)
        try scratch.write { file throws(ServiceError) in
            try file.dataset("hits").write(
                [Hit(name: "new", time: 2, phase: .solid, place: Place(x: 5, y: 6))], 1..<2)
        }
        #expect(
            try scratch.h5py("print(f['hits'][:].tolist())")
                == "[((2.0, 1.0), 0.5, b'one', 1), ((6.0, 5.0), 2.0, b'new', 0)]")
    }

    @Test func rows_TellTheDatatypeOfANewDataset() throws {
        let scratch = try Scratch()
        try scratch.write { file throws(ServiceError) in try file.createDataset("hits", Self.hits) }
        let told = try scratch.h5py("d = f['hits']; print(d.dtype.names, d[1]['place'], d[0]['name'], d[0]['time'])")
        #expect(told == "('name', 'time', 'phase', 'place') (3.0, 4.0) b'one' 0.5")
        let rows = try scratch.read { file throws(ServiceError) in try file.dataset("hits").read(as: Hit.self) }
        #expect(rows.elements == Self.hits)
    }

    private struct Less: CompoundElement { var x: Float }
    private struct More: CompoundElement { var x: Float, y: Float, z: Float }
    private struct Maybe: CompoundElement { var x: Float, y: Float, z: Float? }

    @Test func rows_AreRefused_WhereFieldsAreMissing() throws {
        try Scratch(h5py: "f['p'] = np.zeros(1, [('x', 'f4'), ('y', 'f4')])").read { file throws(ServiceError) in
            let dataset = try file.dataset("p")
            #expect(throws: ServiceError(.invalid, "/p has a field \"y\", which Less does not have")) {
                try dataset.read(as: Less.self)
            }
            #expect(throws: ServiceError(.notFound, "/p has no field \"z\"; its fields are x, y")) {
                try dataset.read(as: More.self)
            }
            #expect(try dataset.read(as: Maybe.self).elements[0].z == nil)
            #expect(try dataset.read(as: Less.self, fields: ["x"]).elements[0].x == 0)
        }
    }

    @Test func rows_AreRefused_WhereTheFileHasOtherFields() throws {
        let scratch = try Scratch(h5py: "f['p'] = np.zeros(1, [('x', 'f4'), ('y', 'f4')])")
        let missing = try scratch.refusal { file throws(ServiceError) in try file.dataset("p").write([Less(x: 1)]) }
        #expect(missing == ServiceError(.invalid, "a row for /p has no value for the field \"y\""))
        let extra = try scratch.refusal { file throws(ServiceError) in
            try file.dataset("p").write([More(x: 1, y: 2, z: 3)])
        }
        #expect(extra == ServiceError(.notFound, "/p has no field \"z\"; its fields are x, y"))
    }

    @Test func fields_AreWritten_AndTheOthersKept() throws {
        let scratch = try Scratch(h5py: "f['p'] = np.ones(2, [('x', 'f4'), ('y', 'f4')])")
        try scratch.write { file throws(ServiceError) in try file.dataset("p").write([Less(x: 5)], 1..<2, fields: ["x"])
        }
        #expect(try scratch.h5py("print(f['p'][:].tolist())") == "[(1.0, 1.0), (5.0, 1.0)]")
    }
}
