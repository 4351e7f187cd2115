import H5Model
import HTTPMessage
import HTTPTypes
import Routes

/// A file that is being repacked, or was, for a client that asks now and then.
final class RepackJob {
    let id: String
    let path: FilePath
    /// The work lives as long as it runs.
    private var work: RepackWork?
    /// The report as JSON; nil while it runs.
    private var result: Result<[UInt8], ServiceError>?
    private let ended: (RepackJob) -> Void

    fileprivate init(id: String, _ work: RepackWork, ended: @escaping (RepackJob) -> Void) {
        self.id = id
        self.work = work
        path = work.path
        self.ended = ended
    }

    func end(_ result: Result<[UInt8], ServiceError>) {
        guard self.result == nil else { return }
        self.result = result
        work = nil
        ended(self)
    }

    private var href: String {
        (["/v1/repack"] + path.map(PercentCoding.encode)).joined(separator: "/") + "?job=" + id
    }

    func write(to json: inout JSONWriter) {
        FileEntry.member("file", path.joinedBytes, to: &json)
        json.key("job")
        json.string(id)
        json.key("state")
        switch result {
        case nil: json.string("running")
        case .success(let report):
            json.string("done")
            json.key("result")
            json.raw(utf8: report)
        case .failure(let error):
            json.string("failed")
            json.key("code")
            json.string(error.code.rawValue)
            json.key("message")
            json.string(error.message)
        }
        json.key("href")
        json.string(href)
    }

    /// The answer to the request that has begun the job.
    var accepted: Response {
        var json = JSONWriter()
        json.object { write(to: &$0) }
        let fields: HTTPFields = [
            .contentType: "application/json", .location: href, .preferenceApplied: "respond-async",
        ]
        return Response(head: ResponseHead(status: 202, fields: fields), body: .bytes(json.bytes))
    }
}

/// The jobs that run, and those that have ended a while ago.
final class RepackJobs {
    private let loop: EventLoop
    private var jobs: [RepackJob] = []
    /// How long the outcome of a job is told.
    private static let lifetime = Duration.seconds(3600)

    init(loop: EventLoop) {
        self.loop = loop
    }

    func begin(_ work: RepackWork) -> RepackJob {
        let job = RepackJob(id: String(UInt64.random(in: 0...UInt64.max), radix: 36), work) { [unowned self] job in
            loop.after(Self.lifetime) { [weak self] in self?.jobs.removeAll { $0 === job } }
        }
        jobs.append(job)
        return job
    }

    /// What is told of a file's jobs, or of one.
    /// - Throws: `not_found` for a job that there is not.
    func response(_ path: FilePath, _ id: String?) throws(ServiceError) -> Response {
        let found = jobs.filter { $0.path == path && (id == nil || $0.id == id) }
        var json = JSONWriter()
        if let id {
            guard let job = found.first else {
                throw ServiceError(.notFound, "no job \"\(id)\" repacks \(path.text), or has done so in the last hour")
            }
            json.object { job.write(to: &$0) }
        } else {
            json.object { json in
                json.key("jobs")
                json.array { json in
                    for job in found { json.object { job.write(to: &$0) } }
                }
            }
        }
        let head = ResponseHead(status: 200, fields: [.contentType: "application/json"])
        return Response(head: head, body: .bytes(json.bytes))
    }
}
