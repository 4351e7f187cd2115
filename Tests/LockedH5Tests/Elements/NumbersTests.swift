import LockedH5
import LeakCheck
import Testing

@Suite(.leavesNothingOpen) struct NumbersTests {
    private static let made = """
        for code in 'i1 u1 <i2 >i2 <u2 >u4 <i4 <i8 >i8 <u8 <f2 >f2 <f4 >f4 <f8 >f8'.split():
            f[code] = np.array([0, 1, 100], code)
        f['negative'] = np.int32(-1)
        f['tenth'] = np.float64(0.1)
        f['large'] = np.uint64(2**64 - 1)
        f['nan'] = np.float32('nan')
        """

    @Test func read_GivesAnyNumberAsAnyThatHoldsIt() throws {
        try Scratch(h5py: Self.made).read { file throws(ServiceError) in
            for member in try file.keys where !["negative", "tenth", "large", "nan"].contains(member) {
                let dataset = try file.dataset(member)
                #expect(try dataset.read(as: Int8.self).elements == [0, 1, 100])
                #expect(try dataset.read(as: UInt64.self).elements == [0, 1, 100])
                #expect(try dataset.read(as: Float16.self).elements == [0, 1, 100])
                #expect(try dataset.read(as: Float.self).elements == [0, 1, 100])
                #expect(try dataset.read(as: Double.self).elements == [0, 1, 100])
            }
        }
    }

    @Test func read_IsRefused_WhereTheTypeCannotHoldTheNumber() throws {
        try Scratch(h5py: Self.made).read { file throws(ServiceError) in
            #expect(throws: ServiceError(.invalid, "/negative holds -1, which UInt8 cannot hold")) {
                try file.dataset("negative").value(as: UInt8.self)
            }
            #expect(throws: ServiceError(.invalid, "/tenth holds 0.1, which Float cannot hold")) {
                try file.dataset("tenth").value(as: Float.self)
            }
            #expect(throws: ServiceError.self) { try file.dataset("tenth").value(as: Int.self) }
            #expect(throws: ServiceError.self) { try file.dataset("large").value(as: Int.self) }
            #expect(throws: ServiceError.self) { try file.dataset("nan").value(as: Int.self, converting: .rounding) }
        }
    }

    @Test func read_Rounds_WhereThatIsAskedFor() throws {
        try Scratch(h5py: Self.made).read { file throws(ServiceError) in
            #expect(try file.dataset("tenth").value(as: Float.self, converting: .rounding) == 0.1)
            #expect(try file.dataset("tenth").value(as: Int.self, converting: .rounding) == 0)
            #expect(
                try file.dataset("large").value(as: Double.self, converting: .rounding) == 18_446_744_073_709_551_616)
            #expect(try file.dataset("nan").value(as: Double.self).isNaN)
        }
    }

    @Test func write_IsReadByH5py() throws {
        let scratch = try Scratch()
        try scratch.write { file throws(ServiceError) in
            try file.createDataset("i", [-1, 2] as [Int16])
            try file.createDataset("u", [.max] as [UInt64])
            try file.createDataset("h", [0.5] as [Float16])
            try file.createDataset("d", [0.1, -.infinity])
            try file.createDataset("b", [1, 2], datatype: .integer(.init(size: 4, isSigned: false, order: .big)))
        }
        let told = try scratch.h5py("for k in f: print(k, f[k].dtype.str, f[k][()].tolist())")
        #expect(told == "b >u4 [1, 2]\nd <f8 [0.1, -inf]\nh <f2 [0.5]\ni <i2 [-1, 2]\nu <u8 [18446744073709551615]")
    }

    @Test func write_IsRefused_WhereTheFileCannotHoldTheNumber() throws {
        let scratch = try Scratch(h5py: "f['x'] = np.zeros(2, 'i1')\nf['s'] = 'text'")
        let error = try scratch.refusal { file throws(ServiceError) in try file.dataset("x").write([1, 128]) }
        #expect(error == ServiceError(.invalid, "/x holds 8-bit integers, which cannot hold 128"))
        let kind = try scratch.refusal { file throws(ServiceError) in try file.dataset("s").write([1]) }
        #expect(kind == ServiceError(.wrongKind, "/s holds strings, which are not written from Int"))
    }

    @Test func write_Rounds_WhereThatIsAskedFor() throws {
        let scratch = try Scratch(h5py: "f['x'] = np.zeros(2, '>f4')")
        try scratch.write { file throws(ServiceError) in
            try file.dataset("x").write([0.1, 1], converting: .rounding)
        }
        #expect(try scratch.h5py("print((f['x'][:] == np.float32([0.1, 1])).all())") == "True")
    }
}
