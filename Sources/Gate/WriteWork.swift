import FileLock
import Glibc
import H5Model
import HTTPMessage
import HTTPTypes
import Logging
import RedoLog
import Routes
import WorkerMessage

/// A request that a worker carries out on a file under its exclusive lock: all of it, or nothing.
final class WriteWork: FileWork {
    private let route: Route
    private(set) var request: WorkerRequest
    let media: WorkerRequest.Content.Media?
    let body: Upload?
    /// What is committed together with this.
    var group = CommitGroup()
    /// A further try is on its own.
    var isAlone = false
    private var spill: Descriptor?
    /// Less than what a worker keeps of a transaction in memory.
    private static let spillLimit = 32 << 20
    /// The commit's entry in the list of open transactions.
    private var slot: Int?

    /// - Parameter media: What the body is; nil where the route takes none.
    init(
        exchange: Exchange, path: FilePath, route: Route, request: WorkerRequest, media: WorkerRequest.Content.Media?,
        body: Upload? = nil, trail: LinkTrail = LinkTrail()
    ) {
        self.route = route
        self.request = request
        self.media = media
        self.body = body ?? media.map { exchange.gate.upload(of: $0) }
        super.init(exchange: exchange, path: path, mode: .exclusive, trail: trail)
    }

    override func work(on object: ObjectPath, in path: FilePath, _ trail: LinkTrail) -> FileWork? {
        WriteWork(
            exchange: exchange, path: path, route: route, request: request.goingOn(path, object, trail), media: media,
            body: body, trail: trail)
    }

    override var passedStamp: FileStamp? { group.stamp ?? super.passedStamp }

    override var upload: Upload? { body }

    override func task(_ claim: LockClaim) throws(ServiceError) -> WorkerTask? {
        let states = states(claim.file.stamp)
        request.expected = try exchange.contentsToMatch(states, path, Route.reading(request))
        if route.operation == .createFile {
            if request.createsOnly { throw gate.onlyCreates(path) }
            try claim.file.checkReplaceable()
        }
        var task = request
        // What is overwritten of a long file may be too much for the worker's memory.
        task.hasSpill = claim.file.stamp.size > Self.spillLimit
        if task.hasSpill, spill == nil { spill = try gate.state.spool() }
        return task.task(file: claim.file.descriptor, stamp: claim.file.stamp, media, body, task.hasSpill ? spill : nil)
    }

    func states(_ stamp: FileStamp) -> FileStates {
        FileStates(stamp, others: trail.states + others.states)
    }

    override func ready(takesMore: Bool) -> CommitDecision {
        if isEnded { return .refuse }
        do throws(ServiceError) {
            if takesMore, !isAlone, let next = nextMember() {
                return .add(next, next.taskInGroup())
            }
            guard let claim, gate.locks.isStillOurs(claim) else {
                throw ServiceError(.unavailable, "\(path.text) was replaced, or its lock was lost; nothing was changed")
            }
            slot = try gate.transactions.begin(path)
            group.isCommitted = true
            return .commit
        } catch {
            refusal = error
            return .refuse
        }
    }

    /// Why a commit was refused, for when its worker has ended.
    private var refusal: ServiceError?

    private func endTransaction() {
        if let slot { gate.transactions.end(slot) }
        slot = nil
    }

    override func finish(_ outcome: WorkerOutcome) {
        if isFollower, outcome.isEnd { return lostLeader() }
        super.finish(outcome)
    }

    override var takesLateSuccess: Bool { true }

    override var isBeyondRecall: Bool { group.isCommitted }

    override func succeeded(_ answer: WorkerAnswer, memoryFile: Int32?, length: Int?) {
        guard let claim else {
            // Of one whose client has left.
            if let memoryFile { close(memoryFile) }
            return
        }
        endTransaction()
        do throws(ServiceError) {
            let stamp = try stamp(claim)
            let response = response(answer, stamp, memoryFile, length)
            release()
            if !isEnded { exchange.answer(response) }
        } catch {
            if let memoryFile { close(memoryFile) }
            fail(error)
        }
    }

    /// The file's state after the commit, which the first of a group notes, under the lock.
    private func stamp(_ claim: LockClaim) throws(ServiceError) -> FileStamp {
        if let stamp = group.stamp { return stamp }
        if !group.isCommitted { return claim.file.stamp }
        let stamp = try gate.noteCommit(claim.file.descriptor, path)
        group.stamp = stamp
        return stamp
    }

    private func response(
        _ answer: WorkerAnswer, _ stamp: FileStamp, _ memoryFile: Int32?, _ length: Int?
    ) -> Response {
        if route.operation == .createFile {
            return FileEntry(path: path, isDirectory: false, stamp: stamp).response(
                status: 200, tag: gate.tag(of: stamp))
        }
        var head = answer.head
        if route.operation == .batch {
            head.fields[.eTag] = gate.tag(of: stamp).field
        } else if route.leavesTarget, let reading = Route.reading(request) {
            head.fields[.eTag] = tag(of: stamp, for: reading, content: answer.contentTag).field
        }
        if let memoryFile { return Response(head: head, body: .file(memoryFile, length: length ?? 0)) }
        guard case .complete(let bytes) = answer.body else { return Response(head: head, body: .bytes([])) }
        return Response(head: head, body: .bytes(bytes))
    }

    /// A commit that did not end well is finished or undone before the lock is given back. Before a commit, what the
    /// worker wrote behind the file's end is cut off.
    override func failed(_ error: ServiceError?, isUncertain: Bool) {
        guard let claim else { return }
        if isFollower { return super.failed(error, isUncertain: isUncertain) }
        if group.isCommitted {
            passOnClaim()
            let before = claim.file.stamp
            let job = RecoveryJob(gate: gate, path: path, claim: claim, slot: slot) { [self] recovery in
                if recovery == .cut || recovery == .unveiled { gate.events.undone(claim.file) }
                guard var error, !isEnded else { return }
                if isUncertain { error.message += "; " + Self.outcome(recovery, claim.file, before) }
                fail(error)
            }
            return job.start()
        }
        var status = stat()
        if fstat(claim.file.descriptor, &status) == 0, status.st_size > claim.file.stamp.size,
            ftruncate(claim.file.descriptor, claim.file.stamp.size) < 0
        {
            gate.log.error("\(path.text): what a request has left behind its end cannot be cut off")
        }
        gate.events.undone(claim.file)
        super.failed(refusal ?? error, isUncertain: isUncertain)
    }

    /// What has become of a commit whose worker died, in words; called under the file's lock still.
    private static func outcome(_ recovery: Recovery?, _ file: OpenFile, _ before: FileStamp) -> String {
        switch recovery {
        case .replayed: "the change was made all the same"
        case .nothing where (try? FileStamp(descriptor: file.descriptor)) == before: "nothing was changed"
        default: unknown
        }
    }

    static let unknown = "look whether the change was made: it was made as a whole, or not at all"
}

extension Gate {
    /// Where a request's body is collected.
    func upload(of media: WorkerRequest.Content.Media) -> Upload {
        let limit = media == .json ? min(settings.jsonSize, settings.uploadSize) : settings.uploadSize
        let name =
            switch media {
            case .json: "a body of JSON"
            case .octetStream, .npy: "a body of values"
            case .lines: "a body of lines"
            }
        return Upload(limit: limit, name: name) {
            [state] () throws(ServiceError) in try state.spool()
        }
    }

    /// The file's state after a commit of ours, under its lock still.
    func noteCommit(_ descriptor: Int32, _ path: FilePath) throws(ServiceError) -> FileStamp {
        do throws(FileLockError) {
            let stamp = try commits.mark(descriptor)
            events.committed(path, stamp)
            return stamp
        } catch {
            throw ServiceError(.internal, "\(path.text) was changed, but cannot be looked at: \(error)")
        }
    }
}

extension WorkerRequest {
    /// The message that has a worker do this to a locked file, with the request's body.
    func task(
        file: Int32?, stamp: FileStamp?, _ media: Content.Media? = nil, _ body: Upload? = nil,
        _ spill: Descriptor? = nil
    ) -> WorkerTask {
        var request = self
        var descriptors = file.map { [$0] } ?? []
        if let stamp {
            request.fileSize = stamp.size
            request.fileModified = stamp.modified.nanosecondsSince1970
        }
        if let media, let body, body.length > 0 || media == .octetStream {
            request.content = Content(media: media, bytes: body.inMemory, length: body.length)
            if let spool = body.file { descriptors.append(spool.number) }
        }
        if let spill { descriptors.append(spill.number) }
        return WorkerTask(message: request.encoded(), descriptors: descriptors)
    }
}

extension WorkerRequest {
    /// The same request to the object to which a link of the file leads.
    func goingOn(_ path: FilePath, _ object: ObjectPath, _ trail: LinkTrail) -> WorkerRequest {
        var request = self
        request.file = path.joinedBytes
        request.object = object
        request.way = trail.links
        request.content = nil
        request.expected = []
        return request
    }
}

extension Route {
    /// Whether what the request names is there afterwards, to be read.
    fileprivate var leavesTarget: Bool {
        method == .put || [.resizeDataset, .modifyAttribute, .updateValues, .changeDimensions].contains(operation)
    }
}
