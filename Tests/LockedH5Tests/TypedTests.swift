import LockedH5
import H5Model
import Testing

enum Phase: UInt8, EnumElement { case solid, liquid, gas }
enum Named: String, EnumElement { case one, two }
struct Inner: CompoundElement, Equatable { var x: Float; var tag: String }
struct Row: CompoundElement, Equatable {
    var channel: Int32
    var time: Double
    var phase: Phase
    var inner: Inner
    var list: [Int16]
    var ok: Bool
}

@Suite struct TypedTests {
    @Test func roundTrip() throws {
        let path = try Copy.folder() + "/t.h5"
        try LockedFile.write(path, mode: .create) { file in
            try file.createDataset("a/b/t", [1.5, 2.5, 3.5] as [Float])
            try file.createDataset("n", NDArray(shape: [2, 3], [1, 2, 3, 4, 5, 6]))
            try file.createDataset("s", ["x", "yz"])
            try file.createDataset("e", [Phase.gas, .solid])
            try file.createDataset("e2", [Named.two, .one])
            try file.createDataset("c", [Complex(1.0, -1.0)])
            try file.createDataset("b", value: true)
            let g = try file.group("a/b")
            try g.attributes.set("units", to: "m")
            try g.attributes.set("v", to: [1, 2])
            let d = try g.dataset("t")
            try d.attributes.set("units", to: "m")
            try d.write([9], 1..<2, converting: .rounding)
        }
        try LockedFile.read(path) { file in
            let t = try file.dataset("a/b/t").read(as: Float.self, 0..<2)
            #expect(t.elements == [1.5, 9])
            #expect(try file.dataset("n").read(as: Int.self, 1, .all).elements == [4, 5, 6])
            #expect(try file.dataset("n").read(as: Int8.self, .all, 1).elements == [2, 5])
            #expect(try file.dataset("s").read(as: String.self).elements == ["x", "yz"])
            #expect(try file.dataset("e").read(as: Phase.self).elements == [.gas, .solid])
            #expect(try file.dataset("e2").read(as: Named.self).elements == [.two, .one])
            #expect(try file.dataset("c").value(as: Complex<Double>.self) == Complex(1, -1))
            #expect(try file.dataset("b").value() == true)
            let units: String = try file.group("a").dataset("b/t").attributes["units"]
            #expect(units == "m")
            #expect(try file.group("a").group("b").attributes.array("v", as: Int.self).elements == [1, 2])
            #expect(try file.keys == ["a", "b", "c", "e", "e2", "n", "s"])
        }
    }
}
