import Foundation
import H5Model
import LockedH5Client
import Testing

@Suite(.liveServer)
struct ReadmeTests {
    @Test func example_Works() async throws {
        let made = """
            f = h5py.File(path, 'w')
            f['x'] = numpy.arange(10, dtype='i4')
            f.create_dataset('log', (0,), 'f8', maxshape=(None,))
            f.close()
            """
        _ = try await H5py.run(made, on: "run1.h5")
        let client = try LiveServer.client()
        let file = client.file("run1.h5")

        // The library's calls, behind `try await`: a file or a group is a value, and each call is one request.
        let x = try await file.dataset("x").read(as: Double.self, 0..<4)
        try await file.createDataset("entry/t", [20.5, 21.25], maximumShape: [nil], filters: [.deflate(level: 4)])
        try await file.dataset("entry/t").attributes.set("units", to: "celsius")

        // A lease over several calls: renewed in the background, released at the end. When it is lost, the body is
        // cancelled, and withFile throws an error whose code is leaseLost.
        try await client.withFile("run1.h5", .exclusive, wait: .seconds(30)) { file in
            let x = try await file.dataset("x")
            var counts = try await x.read(as: Int.self).elements
            counts[0] += 1
            try await x.write(counts)
            try await x.attributes.set("fitted", to: true)
        }

        // Without a lease: done anew where somebody else has changed the elements in between.
        try await client.ifUnchanged("/x", in: "run1.h5", select: "0:4", as: Int.self) { counts in
            counts[2] += 1
        }

        // Several changes, all or none of them.
        try await client.batch("run1.h5") { batch in
            try batch.write([0, 0], to: "/x", select: "4:6")
            try batch.setAttribute("units", of: "/x", to: "mm")
        }

        // Any amount, a slab at a time: all of one state of the file, or an error that says that it was changed.
        var sum = 0.0
        for try await slab in client.slabs(of: "/x", in: "run1.h5", as: Double.self) {
            sum += slab.values.reduce(0, +)
        }

        // Behind the last elements: once, whatever becomes of the connection.
        try await client.append([20.5, 20.75], to: "/log", in: "run1.h5")

        // A whole file, in pieces.
        let copy = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).h5")
        defer { try? FileManager.default.removeItem(at: copy) }
        try await client.download("run1.h5", to: copy) { progress in
            print(progress)  // 2088 of 2088 bytes
        }
        try await client.upload(copy, to: "run2.h5", isNew: true)
        #expect(try await client.read("/log", in: "run1.h5", as: Double.self) == [20.5, 20.75])
        #expect(sum == 38)
        #expect(try await client.raw("run2.h5") == Array(try Data(contentsOf: copy)))
        #expect(x.elements == [0, 1, 2, 3])
        #expect(try await file.dataset("x").read(as: Int.self).elements == [1, 1, 3, 3, 0, 0, 6, 7, 8, 9])
        #expect(try await file.dataset("entry/t").attributes.get("units", as: String.self) == "celsius")
    }

    /// Each line of the README's example stands in this file.
    @Test func example_IsTheReadmes() throws {
        let source = try String(contentsOfFile: #filePath, encoding: .utf8).split(separator: "\n")
        let lines = Set(source.map { $0.trimmingCharacters(in: .whitespaces) })
        let readme = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../README.md")
        let sections = try String(contentsOf: readme, encoding: .utf8).components(separatedBy: "\n```swift\n")
        let section = try #require(sections.dropFirst().first { $0.contains("import LockedH5Client") })
        let example = try #require(section.components(separatedBy: "\n```").first)
        for line in example.split(separator: "\n") where !line.hasPrefix("let ") {
            #expect(lines.contains(line.trimmingCharacters(in: .whitespaces)), "\(line)")
        }
    }
}
