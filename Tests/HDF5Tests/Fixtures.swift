import Foundation
import Glibc
import H5Model
import HDF5
import Testing

/// The files that `Tests/fixtures/make.py` has written, and what h5py found in them.
enum Fixtures {
    static let bounds = ["earliest", "v110"]

    /// The directory, from the environment.
    static func path(_ name: String) throws -> String {
        let directory = try #require(
            ProcessInfo.processInfo.environment["LOCKEDH5_FIXTURES"],
            "set LOCKEDH5_FIXTURES to a directory that `python Tests/fixtures/make.py DIRECTORY` has filled")
        return "\(directory)/\(name)"
    }

    /// What h5py found in a file.
    static func expected(_ name: String) throws -> ExpectedFile {
        let data = try Data(contentsOf: URL(fileURLWithPath: path("\(name).json")))
        return try JSONDecoder().decode(ExpectedFile.self, from: data)
    }

    /// Opens a fixture for the time of `body`; afterwards no identifier of libhdf5 may be open.
    static func open<R>(_ name: String, _ body: (borrowing File) throws -> R) throws -> R {
        let descriptor = Glibc.open(try path(name), O_RDONLY | O_CLOEXEC)
        try #require(descriptor >= 0, "there is no fixture \(name)")
        defer { close(descriptor) }
        return try ProcessLock.withLock {
            try HDF5Library.start()
            let before = openIdentifierCounts()
            defer { #expect(openIdentifierCounts() == before) }
            let file = try File(descriptor: descriptor, name: name)
            let result = try body(file)
            try file.close()
            return result
        }
    }
}

struct ExpectedFile: Decodable {
    var walk: [Data]
    var objects: [ExpectedObject]?
    var selections: [ExpectedSelection]?
    var userBlock: Int
}

struct ExpectedSelection: Decodable {
    var path: Data
    /// Start, stride and count of each dimension.
    var spans: [[Int]]
    var values: Data

    var hyperslab: Hyperslab {
        Hyperslab(spans: spans.map { Span(start: $0[0], stride: $0[1], count: $0[2]) })
    }
}

struct ExpectedObject: Decodable {
    var path: Data
    var kind: String
    var attributes: [ExpectedAttribute]
    var members: [Data]?
    var datatype: String?
    var space: String?
    var shape: [Int]?
    var maximum: [Int?]?
    var layout: String?
    var chunk: [Int]?
    var filters: [ExpectedFilter]?
    var storage: Int?
    var offset: Int?
    var values: Data?
}

struct ExpectedAttribute: Decodable {
    var name: Data
    var datatype: String
    var space: String
    var shape: [Int]?
    var values: Data?
}

struct ExpectedFilter: Decodable, Equatable {
    var id: Int
    var optional: Bool
    var parameters: [UInt32]
}

extension ObjectPath {
    init(_ data: Data) { self.init(bytes: Array(data)) }
}

extension Dataspace {
    /// The word for it in the fixtures.
    var kind: String {
        switch self {
        case .null: "null"
        case .scalar: "scalar"
        case .simple: "simple"
        }
    }
}

extension Layout {
    /// The word for it in the fixtures.
    var kind: String {
        switch self {
        case .compact: "compact"
        case .contiguous: "contiguous"
        case .chunked: "chunked"
        case .virtual: "virtual"
        case .externalStorage: "external"
        }
    }

    var chunk: Shape? {
        guard case .chunked(let shape) = self else { return nil }
        return shape
    }
}

/// The failure of `body`.
func failure<R>(_ body: () throws -> R) throws -> HDF5Error {
    try #require(throws: HDF5Error.self) { _ = try body() }
}
