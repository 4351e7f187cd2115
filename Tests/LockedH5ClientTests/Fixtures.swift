import Foundation
import H5Model
import Testing

/// The files that `Tests/fixtures/make.py` has written, and what h5py found in them.
enum Fixtures {
    static func directory() throws -> String {
        try #require(
            ProcessInfo.processInfo.environment["LOCKEDH5_FIXTURES"],
            "set LOCKEDH5_FIXTURES to a directory that `python Tests/fixtures/make.py DIRECTORY` has filled")
    }

    /// What h5py found in a file.
    static func expected(_ name: String) throws -> ExpectedFile {
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(directory())/\(name).json"))
        return try JSONDecoder().decode(ExpectedFile.self, from: data)
    }
}

struct ExpectedFile: Decodable {
    var walk: [Data]
    var objects: [ExpectedObject]
    var userBlock: Int
}

struct ExpectedObject: Decodable {
    var path: Data
    var kind: String
    var attributes: [ExpectedAttribute]
    var members: [Data]?
    var datatype: String?
    var shape: [Int]?
    var maximum: [Int?]?
    var layout: String?
    var chunk: [Int]?
    var storage: Int?
    var values: Data?

    var object: ObjectPath { ObjectPath(bytes: Array(path)) }
    /// A scalar has one here as it has a shape.
    var maximumShape: [Int?]? { shape == [] ? [] : maximum }
}

struct ExpectedAttribute: Decodable {
    var name: Data
    var datatype: String
    var shape: [Int]?
    var values: Data?
}

/// The bytes of values in the file's byte order with all numbers little-endian; nil where numbers of several sizes
/// are big-endian.
func littleEndian(_ bytes: Data, _ datatype: String) -> [UInt8]? {
    let big = datatype.matches(of: />[iuf](\d)/).compactMap { Int($0.1) }
    guard let size = big.first else { return Array(bytes) }
    guard big.allSatisfy({ $0 == size }), !datatype.contains(/<|S|[|]/) else { return nil }
    return stride(from: 0, to: bytes.count, by: size).flatMap { start in
        bytes.dropFirst(start).prefix(size).reversed()
    }
}
