import H5Model
import HTTPMessage
import LockedH5
import RedoLog
import Routes

extension WorkerProcess {
    /// Writes a compact copy of the first file to the second, which is empty and has no name yet.
    func repack(_ request: WorkerRequest, _ descriptors: [Int32]) throws(ServiceError) -> WorkerAnswer {
        guard descriptors.count == 2 else { throw ServiceError(.internal, "a worker was not given two files") }
        let settings = WriteSettings(durability: durability == .power ? .power : .process, progress: tellProgress)
        let report = try LockedFile.repack(
            descriptor: descriptors[0], into: descriptors[1], name: String(decoding: request.file, as: UTF8.self),
            settings: settings)
        var json = JSONWriter()
        json.object { json in
            json.key("before")
            json.integer(report.before)
            json.key("after")
            json.integer(report.after)
        }
        return WorkerAnswer(head: ResponseHead(status: 200), body: .complete(json.bytes))
    }
}
