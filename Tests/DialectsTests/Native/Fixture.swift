import Dialects
import Foundation
import H5Model
import HTTPMessage
import LockedH5
import Routes
import Testing

/// A file that h5py wrote, and requests about it.
struct Fixture {
    /// The directory that `python Tests/fixtures/make.py DIRECTORY` has filled; without it the suites are skipped.
    static let directory = ProcessInfo.processInfo.environment["LOCKEDH5_FIXTURES"]

    var name: String
    var limits = NativeDialect.Limits()

    private var path: String { "\(Self.directory ?? "")/\(name)" }

    /// The facts that h5py found in the file.
    func facts() throws -> [String: Any] {
        let data = try Data(contentsOf: URL(fileURLWithPath: path + ".json"))
        return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    /// The answer as the gate puts it together: the first slab's head, and the whole body.
    func answer(
        _ operation: Routes.Operation, _ object: ObjectPath = .root, _ query: String = "", accept: String? = nil,
        isGzipped: Bool = false, isHead: Bool = false
    ) throws -> (first: WorkerAnswer, body: [UInt8]) {
        let target = try RequestTarget(parsing: "/?\(query)".utf8)
        var request = WorkerRequest(
            operation: operation, file: Array(name.utf8), object: object, query: target.query, accept: accept,
            acceptsGzip: isGzipped, isHead: isHead)
        var first: WorkerAnswer?
        var body: [UInt8] = []
        while true {
            let answer = try LockedFile.read(path) { file throws(ServiceError) in
                try NativeDialect.answer(request, file: file, spool: { body += $0 }, limits: limits)
            }
            first = first ?? answer
            switch answer.body {
            case .complete(let bytes): return (first ?? answer, body + bytes)
            case .slab(let bytes, let next):
                body += bytes
                request.cursor = next
            case .fileRegion(let offset, let length): return (answer, try bytes(offset, length))
            case .spool(let length):
                #expect(length == body.count)
                return (first ?? answer, body)
            }
        }
    }

    /// The whole body as text.
    func text(
        _ operation: Routes.Operation, _ object: ObjectPath = .root, _ query: String = "", accept: String? = nil
    ) throws -> String {
        String(decoding: try answer(operation, object, query, accept: accept).body, as: UTF8.self)
    }

    private func bytes(_ offset: Int, _ length: Int) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))[offset..<offset + length].map { $0 }
    }
}
