import Glibc
import H5Model
import HTTPMessage
import HTTPTypes
import Routes
import WorkerMessage

/// A request that rewrites a file without the space that nothing in it needs, under its exclusive lock. A worker writes a
/// new file, which takes the name when it is complete.
///
/// A client that does not want to wait (`Prefer: respond-async`) gets the place of a job that tells how it goes on.
final class RepackWork: FileWork {
    private let request: WorkerRequest
    private var new: NewFile?
    private var job: RepackJob?

    init(exchange: Exchange, path: FilePath, request: WorkerRequest) {
        self.request = request
        super.init(exchange: exchange, path: path, mode: .exclusive)
    }

    override func start() {
        do throws(ServiceError) {
            new = try NewFile(try gate.root.place(path), gate.settings.rights)
            if Prefer.respondsAsync(exchange.fields[.prefer]) {
                let job = gate.repackJobs.begin(self)
                self.job = job
                exchange.answer(job.accepted)
            }
            super.start()
        } catch {
            fail(error)
        }
    }

    override func task(_ claim: LockClaim) throws(ServiceError) -> WorkerTask? {
        guard let new else { return nil }
        try exchange.checkMatch(claim.file.stamp, path)
        try claim.file.checkReplaceable()
        var task = request.task(file: claim.file.descriptor, stamp: claim.file.stamp)
        task.descriptors.append(new.descriptor.number)
        return task
    }

    override func succeeded(_ answer: WorkerAnswer, memoryFile: Int32?, length: Int?) {
        if let memoryFile { close(memoryFile) }
        do throws(ServiceError) {
            guard let claim, let new, case .complete(let report) = answer.body else {
                throw ServiceError(.internal, "the worker that repacked \(path.text) said nothing of it")
            }
            guard gate.locks.isStillOurs(claim) else {
                throw ServiceError(.unavailable, "\(path.text) was replaced, or its lock was lost; nothing was changed")
            }
            let tag = try publish(new, claim)
            gate.synchronize([new.place]) { [self] result in
                switch result {
                case .success: succeed(report, tag)
                case .failure(let error): fail(error)
                }
            }
        } catch {
            fail(error)
        }
    }

    private func publish(_ new: NewFile, _ claim: LockClaim) throws(ServiceError) -> EntityTag {
        new.takeRights(of: claim.file.descriptor)
        // A server that starts again removes the name, should this one end before it has given it up.
        let slot = try gate.transactions.begin(new.hiddenPath)
        defer { gate.transactions.end(slot) }
        let lease = claim.lease
        let open: OpenFile? = if let lease { try OpenFile(path: lease.path, sharing: new.descriptor) } else { nil }
        try new.publishReplacing()
        if let lease, let open {
            gate.leases.move(lease, to: open)
            release()
        } else {
            gate.locks.orphan(claim)
            passOnClaim()
        }
        let stamp = try gate.noteCommit(new.descriptor.number, path)
        if lease == nil { new.unlock() }
        return gate.tag(of: stamp)
    }

    private func succeed(_ report: [UInt8], _ tag: EntityTag) {
        job?.end(.success(report))
        let fields: HTTPFields = [.contentType: "application/json", .eTag: tag.field]
        exchange.answer(Response(head: ResponseHead(status: 200, fields: fields), body: .bytes(report)))
    }

    override func fail(_ error: ServiceError) {
        job?.end(.failure(error))
        super.fail(error)
    }

    override func cancel() {
        // Who has been told of a job does not wait for its end.
        if job == nil { super.cancel() }
    }
}
