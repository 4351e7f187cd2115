import Dialects
import Foundation
import H5Model
import HTTPMessage
import LockedH5
import Routes
import Testing

/// A new HDF5 file in a folder of its own, and requests that change it.
final class ScratchFile {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "lockedh5-\(UUID().uuidString)")
    var path: String { folder.appending(path: "scratch.h5").path }
    var limits = NativeDialect.Limits()

    init() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try LockedFile.write(path, mode: .create) { _ in }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// The file's bytes.
    var bytes: Data {
        get throws { try Data(contentsOf: URL(fileURLWithPath: path)) }
    }

    @discardableResult
    func change(
        _ operation: Routes.Operation, _ object: String, _ query: String = "", _ json: String? = nil,
        octets: [UInt8]? = nil, createsOnly: Bool = false
    ) throws -> WorkerAnswer {
        var request = try request(operation, object, query)
        request.createsOnly = createsOnly
        let body: RequestBody =
            if let octets {
                .octetStream(BodyBytes(octets))
            } else if let json {
                .json(BodyBytes(Array(json.utf8)))
            } else {
                .none
            }
        let change = try NativeDialect.Change(request, body: body)
        return try LockedFile.write(path) { file throws(ServiceError) in
            try NativeDialect.answer(change, file: file, limits: limits)
        }
    }

    /// The body of a short answer to a GET.
    func text(_ operation: Routes.Operation, _ object: String, _ query: String = "") throws -> String {
        try answer(operation, object, query).text
    }

    func answer(_ operation: Routes.Operation, _ object: String, _ query: String = "") throws -> WorkerAnswer {
        let request = try request(operation, object, query)
        return try LockedFile.read(path) { file throws(ServiceError) in
            try NativeDialect.answer(request, file: file, limits: limits)
        }
    }

    private func request(_ operation: Routes.Operation, _ object: String, _ query: String) throws -> WorkerRequest {
        WorkerRequest(
            operation: operation, file: Array("scratch.h5".utf8), object: ObjectPath(object),
            query: try RequestTarget(parsing: "/?\(query)".utf8).query)
    }
}

extension WorkerAnswer {
    /// The complete body as text.
    var text: String {
        if case .complete(let bytes) = body { String(decoding: bytes, as: UTF8.self) } else { "" }
    }
}
