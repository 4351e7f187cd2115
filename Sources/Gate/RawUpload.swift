import FileLock
import Glibc
import H5Model
import HTTPMessage
import HTTPTypes
import Routes
import WorkerMessage

/// A request that uploads a file, whole or in parts, and gives it its name when it is complete and a worker could read
/// it. What had the name before is locked exclusively meanwhile and for a while afterwards.
final class RawUpload: RequestJob {
    let exchange: Exchange
    private let gate: Gate
    private let path: FilePath
    private let file: NewFile
    private let request: WorkerRequest
    /// The part that the request brings, and the upload that it belongs to; nil for a whole file.
    private let part: ContentRange?
    private let partial: PartialUpload?
    private let body: Upload
    private var claim: LockClaim?
    private(set) var isEnded = false

    init(exchange: Exchange, place: Place, request: WorkerRequest) throws(ServiceError) {
        self.exchange = exchange
        let gate = exchange.gate
        self.gate = gate
        path = place.path
        self.request = request
        part = try exchange.fields[.contentRange].map { field throws(ServiceError) in try ContentRange(parsing: field) }
        partial = try part.map { part throws(ServiceError) in
            let name = try PartialUpload.Name(place.path, token: exchange.fields[.uploadToken])
            return try Self.partial(part, name, place, gate)
        }
        let file = if let partial { partial.file } else { try NewFile(place, gate.settings.rights) }
        self.file = file
        let limit = part.map(\.count) ?? gate.settings.uploadSize
        body = Upload(limit: limit, name: "the part", start: part?.range?.lowerBound ?? 0) { file.descriptor }
        partial?.isBusy = true
    }

    deinit {
        if !isEnded { partial?.isBusy = false }
    }

    var upload: Upload? { body }

    /// The upload that a part belongs to; the first part begins one.
    private static func partial(
        _ part: ContentRange, _ name: PartialUpload.Name, _ place: Place, _ gate: Gate
    ) throws(ServiceError) -> PartialUpload {
        if part.total > gate.settings.uploadSize {
            throw ServiceError(
                .tooLarge, "the upload is longer than \(gate.settings.uploadSize) bytes, the most that is taken here")
        }
        if let begun = gate.partialUploads[name], begun.length == part.total || begun.isBusy {
            if begun.isBusy {
                throw ServiceError(.exists, "another request of this upload of \(place.path.text) is under way")
            }
            if part.range?.lowerBound != 0 || begun.offset == 0 { return begun }
        }
        let new = PartialUpload(name, file: try NewFile(place, gate.settings.rights), length: part.total)
        // A question alone begins nothing, nor does a part that is refused.
        if part.range?.lowerBound == 0 { try gate.partialUploads.begin(new) }
        return new
    }

    func start() {
        do throws(ServiceError) {
            guard let part, let partial else {
                try storeShort()
                return gate.pool.submit(self)
            }
            try take(part, partial)
        } catch {
            fail(error)
        }
    }

    private func take(_ part: ContentRange, _ partial: PartialUpload) throws(ServiceError) {
        gate.partialUploads.touch(partial)
        if let range = part.range {
            guard range.lowerBound == partial.offset else { return refusePart(partial) }
            try storeShort()
            partial.offset += body.length
            if body.length != range.count {
                throw ServiceError(.invalid, "the part has \(body.length) bytes, Content-Range says \(range.count)")
            }
        }
        if partial.offset == partial.length { return gate.pool.submit(self) }
        answerOffset(partial, status: 202)
    }

    /// A short body is still in memory.
    private func storeShort() throws(ServiceError) {
        guard let bytes = body.inMemory, !bytes.isEmpty else { return }
        let count = pwrite(file.descriptor.number, bytes, bytes.count, part?.range?.lowerBound ?? 0)
        if count != bytes.count { throw Upload.failure(count < 0 ? errno : ENOSPC, path.text) }
    }

    private func answerOffset(_ partial: PartialUpload, status: Int) {
        end()
        let head = ResponseHead(
            status: status, fields: [.contentType: "application/json", .uploadOffset: "\(partial.offset)"])
        let text = "{\"offset\":\(partial.offset),\"length\":\(partial.length)}"
        exchange.answer(Response(head: head, body: .bytes(Array(text.utf8))))
    }

    private func refusePart(_ partial: PartialUpload) {
        end()
        let error = ServiceError(
            .exists, "the upload of \(path.text) goes on at byte \(partial.offset), where this part does not begin")
        exchange.answer(error, fields: [.uploadOffset: "\(partial.offset)"])
    }

    private func end() {
        isEnded = true
        partial?.isBusy = false
        if let claim { gate.locks.pause(claim) }
        claim = nil
    }

    func fail(_ error: ServiceError) {
        end()
        // What is no HDF5 file does not become one by another part.
        let isHopeless = [.notHDF5, .damaged, .unsupported].contains(error.code)
        if let partial, isHopeless { gate.partialUploads.end(partial) }
        exchange.answer(error)
    }

    func cancel() {
        // Of a part that was cut off counts what has come.
        if let partial, let part, !isEnded, part.range?.lowerBound == partial.offset, body.file != nil,
            (try? body.complete()) != nil
        {
            partial.offset += body.length
        }
        end()
        _ = gate.pool.kill(self)
    }

    // MARK: The complete file

    /// A worker reads the new file as any other; who cannot be read gets no name.
    func prepare() -> WorkerTask? {
        isEnded ? nil : request.task(file: file.descriptor.number, stamp: nil)
    }

    func finish(_ outcome: WorkerOutcome) {
        if case .reply(_, let memoryFile?) = outcome { close(memoryFile) }
        if isEnded { return }
        do throws(ServiceError) {
            try outcome.check("read the upload of \(path.text)")
            try publish()
        } catch {
            fail(error)
        }
    }

    private func publish() throws(ServiceError) {
        guard let status = try file.place.status() else {
            try exchange.checkMatchOfNothing(path)
            return try publishAsNew()
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw ServiceError(.wrongKind, "\(path.text) is a directory")
        default: throw ServiceError(.wrongKind, "\(path.text) is a symbolic link, which an upload does not replace")
        }
        if exchange.createsOnly {
            throw gate.onlyCreates(path)
        }
        if claim?.isHeld == true { return replace(.success(())) }
        try ask(under: try exchange.lease()) { [weak self] result in self?.replace(result) }
    }

    /// Gives the file a name that nothing has: in a turn of its lease, or when no other lease has reserved it.
    private func publishAsNew() throws(ServiceError) {
        let lease = try exchange.lease()
        if lease != nil, claim == nil {
            return try ask(under: lease) { [weak self] result in self?.goOn(result) }
        }
        if lease == nil, let holder = gate.leases.reservation(of: path) {
            let claim = try gate.leases.claim(behind: holder, wait: exchange.remainingWait) { [weak self] result in
                self?.nameIsFree(result)
            }
            self.claim = claim
            if claim.isHeld { nameIsFree(.success(())) }
            return
        }
        let open = try lockedFile(for: try gate.leases.leaseToMake(path, lease))
        if try file.publish() { return try answer(status: 201, lease, open) }
        try publish()
    }

    private func ask(
        under lease: Lease?, _ completion: @escaping LockClaim.Completion
    ) throws(ServiceError) {
        let claim = try gate.locks.claim(
            path, .exclusive, wait: exchange.remainingWait, lease: lease, completion: completion)
        self.claim = claim
        if claim.isHeld { completion(.success(())) }
    }

    /// What a lease holds from now on; nil without one.
    private func lockedFile(for lease: Lease?) throws(ServiceError) -> OpenFile? {
        try lease.map { lease throws(ServiceError) in try OpenFile(path: lease.path, sharing: file.descriptor) }
    }

    private func goOn(_ result: Result<Void, ServiceError>) {
        if isEnded { return }
        do throws(ServiceError) {
            try result.get()
            try publish()
        } catch {
            fail(error)
        }
    }

    /// The lease that had reserved the name has ended: its file is there, or nothing is.
    private func nameIsFree(_ result: Result<Void, ServiceError>) {
        if let claim { gate.locks.pause(claim) }
        claim = nil
        if case .failure(let error) = result, error.code == .notFound { return goOn(.success(())) }
        goOn(result)
    }

    private func replace(_ result: Result<Void, ServiceError>) {
        if isEnded { return }
        do throws(ServiceError) {
            try result.get()
            guard let claim else { return }
            try exchange.checkMatch(claim.file.stamp, path)
            try claim.file.checkReplaceable()
            file.takeRights(of: claim.file.descriptor)
            // A server that starts again removes the name, should this one end before it has given it up.
            let slot = try gate.transactions.begin(file.hiddenPath)
            defer { gate.transactions.end(slot) }
            let open = try lockedFile(for: claim.lease)
            try file.publishReplacing()
            if claim.lease == nil {
                gate.locks.orphan(claim)
                self.claim = nil
            }
            try answer(status: 200, claim.lease, open)
        } catch {
            fail(error)
        }
    }

    /// - Parameter lease: What holds the name, and from now on the file, which it has open.
    private func answer(status: Int, _ lease: Lease?, _ open: OpenFile?) throws(ServiceError) {
        if let partial { gate.partialUploads.end(partial) }
        if let lease, let open { gate.leases.move(lease, to: open) }
        let stamp = try gate.noteCommit(file.descriptor.number, path)
        if lease == nil { file.unlock() }
        end()
        let entry = FileEntry(path: path, isDirectory: false, stamp: stamp)
        let response = entry.response(status: status, tag: gate.tag(of: stamp))
        gate.answer(exchange, response, afterChanging: [file.place])
    }
}
