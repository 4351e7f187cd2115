import LockedH5
import LeakCheck
import Testing

@Suite(.leavesNothingOpen) struct DatasetWritingTests {
    @Test func write_ChangesTheSelectedElements() throws {
        let scratch = try Scratch(h5py: "f['a'] = np.zeros((3, 4), 'i4')")
        try scratch.write { file throws(ServiceError) in
            let a = try file.dataset("a")
            try a.write([1, 2], 0, 1..<3)
            try a.write(value: 7, 1)
            try a.write(NDArray(shape: [1, 2], [8, 9]), 2..<3, .stride(from: 0, to: 4, by: 2))
            #expect(try a.value(as: Int.self, 0, 1) == 1)
        }
        #expect(try scratch.h5py("print(f['a'][:].tolist())") == "[[0, 1, 2, 0], [7, 7, 7, 7], [8, 0, 9, 0]]")
    }

    @Test func write_ChangesChosenElements() throws {
        let scratch = try Scratch(h5py: "f['a'] = np.zeros((2, 3), 'i4')")
        try scratch.write { file throws(ServiceError) in
            let a = try file.dataset("a")
            try a.write([1, 2, 3], points: [[0, 0], [1, 2], [0, 0]])
            try a.write([5, 6], mask: try NDArray(shape: [2, 3], [false, true, false, true, false, false]))
        }
        #expect(try scratch.h5py("print(f['a'][:].tolist())") == "[[3, 5, 0], [6, 0, 2]]")
    }

    @Test func write_IsRefused_ForAnotherNumberOfElements() throws {
        let scratch = try Scratch(h5py: "f['a'] = np.zeros((3, 4), 'i4')")
        let error = try scratch.refusal { file throws(ServiceError) in try file.dataset("a").write([1, 2, 3], 0) }
        #expect(error == ServiceError(.invalid, "the selection of /a has the shape [4], not 3 elements"))
        let shape = try scratch.refusal { file throws(ServiceError) in
            try file.dataset("a").write(NDArray(shape: [2, 2], [1, 2, 3, 4]), 0)
        }
        #expect(shape == ServiceError(.invalid, "the selection of /a has the shape [4], not [2, 2]"))
    }

    @Test func resize_ShowsInTheSameScope() throws {
        let scratch = try Scratch(h5py: "f.create_dataset('a', data=[1, 2], maxshape=(None,))")
        try scratch.write { file throws(ServiceError) in
            let a = try file.dataset("a")
            try a.resize(to: [4])
            #expect(try a.shape == [4])
            try a.write([3, 4], 2...)
        }
        #expect(try scratch.h5py("print(f['a'][:].tolist())") == "[1, 2, 3, 4]")
    }

    @Test func dimensions_HaveLabelsAndScales() throws {
        let scratch = try Scratch(h5py: "f['a'] = np.zeros((2, 3))\nf['x'] = [1, 2, 3]\nf['y'] = [1, 2]")
        try scratch.write { file throws(ServiceError) in
            let a = try file.dataset("a")
            try file.dataset("x").makeScale(named: "the x")
            try a.labelDimension(1, "x")
            try a.attachScale(try file.dataset("x"), to: 1)
            try a.attachScale(try file.dataset("y"), to: 0)
            try a.detachScale(try file.dataset("y"), from: 0)
            #expect(try a.dimensionScales.dimensions.map(\.scales) == [[], ["/x"]])
            #expect(code { try a.labelDimension(2, "z") } == .outOfBounds)
        }
        let told = try scratch.h5py(
            "d = f['a'].dims; print(d[1].label, list(d[1].keys()), d[1][0].name, len(d[0]), f['x'].is_scale)")
        #expect(told == "x ['the x'] /x 0 True")
    }
}
