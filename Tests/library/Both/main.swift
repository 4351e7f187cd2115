// Measures on this machine, puts the result on a server, and reads it there: Both FILE SERVER.
import LockedH5
import LockedH5Client

enum Quality: UInt8, EnumElement {
    case good, doubtful
}

struct Sample: CompoundElement, Equatable {
    var time: Double
    var quality: Quality
    var channels: [Float]
}

let samples = (0..<4).map { Sample(time: Double($0) / 2, quality: $0 == 2 ? .doubtful : .good, channels: [Float($0)]) }
let path = CommandLine.arguments[1]
try LockedFile.write(path, mode: .create) { file in
    let dataset = try file.createDataset("run/samples", samples)
    try dataset.attributes.set("station", to: "north")
    try file.createDataset("run/frame", try NDArray(shape: [2, 3], Array(0..<6)), chunks: [1, 3], filters: [.shuffle])
}

// The same values, arrays and selections for both.
let (rows, frame, station) = try LockedFile.read(path) { file in
    let dataset = try file.dataset("run/samples")
    let station: String = try dataset.attributes["station"]
    return (try dataset.read(as: Sample.self), try file.dataset("run/frame").read(as: Int.self, .all, 1...), station)
}

let client = try HDF5Client(CommandLine.arguments[2])
let file = try await client.createFile("both.h5")
try await file.update(["counts": [1, 2, 3]])
let remote = try await file.createDataset("run/samples", rows)
try await remote.attributes.set("station", to: station)
try await client.withFile("both.h5", .exclusive) { leased in
    try await leased.createDataset("run/frame", frame)
    let doubtful = try await leased.dataset("run/samples").read(as: Sample.self).elements.count {
        $0.quality == .doubtful
    }
    try await leased.group("run").attributes.set("doubtful", to: doubtful)
}

print(try await remote.read(as: Sample.self) == rows)
print(try await file.dataset("run/frame").read(as: Int.self) == frame, frame.shape)
print(try await file.group("run").attributes.get("doubtful", as: Int.self))
do {
    _ = try await file.dataset("run/none")
} catch {
    print(error.code == .notFound)
}
