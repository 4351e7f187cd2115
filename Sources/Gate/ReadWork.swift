import Glibc
import CProcess
import FileLock
import H5Model
import HTTPMessage
import HTTPTypes
import Logging
import Routes
import WorkerMessage

/// A request that a worker answers from a file under its shared lock.
final class ReadWork: FileWork {
    private let route: Route
    private var request: WorkerRequest
    private var spool: Descriptor?
    private var tag: FileTag?
    /// Content tags of which the answer must have one (`If-Match`).
    private var expected: [String] = []
    /// The client has what there is, as the date tells (`If-Modified-Since`); a worker has to tell its tag.
    private var isUnmodified = false
    /// A run of the file's bytes that has been read; from malloc.
    private var region: UnsafeMutableRawPointer?
    private var hasAwaitedRecovery = false
    private var patience: TimerID?
    /// The body that says what is read: of a batch that only reads, or of a request for chosen elements.
    private let media: WorkerRequest.Content.Media?
    private let content: Upload?

    init(
        exchange: Exchange, path: FilePath, route: Route, request: WorkerRequest,
        media: WorkerRequest.Content.Media? = nil, body: Upload? = nil, trail: LinkTrail = LinkTrail()
    ) {
        self.media = media
        content = body
        self.route = route
        self.request = request
        super.init(exchange: exchange, path: path, mode: .shared, trail: trail)
    }

    override var upload: Upload? { content }

    deinit {
        free(region)
    }

    override func work(on object: ObjectPath, in path: FilePath, _ trail: LinkTrail) -> FileWork? {
        ReadWork(
            exchange: exchange, path: path, route: route, request: request.goingOn(path, object, trail), media: media,
            body: content, trail: trail)
    }

    /// The worker's task; nil where the client has the answer already.
    override func task(_ claim: LockClaim) throws(ServiceError) -> WorkerTask? {
        if try answerUnchanged(claim) { return nil }
        request.mayStayOpen = gate.settings.keepsFilesOpen && claim.file.isLocal
        var task = request.task(file: claim.file.descriptor, stamp: claim.file.stamp, media, content)
        if route.isSpooled {
            let spool = if let spool { spool } else { try gate.state.spool() }
            self.spool = spool
            task.descriptors.append(spool.number)
        }
        return task
    }

    /// A reader waits for recovery, so that any other program can read the file as well once one of ours has; but not
    /// longer than for a lock. Where it is not to wait, or recovery is not possible, it is answered without.
    override func awaitsRecovery() -> Bool {
        if isEnded || claim?.lease != nil { return false }
        let wait = hasAwaitedRecovery ? .zero : exchange.remainingWait
        hasAwaitedRecovery = true
        if wait > .zero {
            release()
            startsOver()
            patience = gate.loop.after(wait) { [weak self] in self?.startOver() }
        }
        gate.recover(path) { [weak self] in self?.startOver() }
        return wait > .zero
    }

    override func startsOver() {
        (tag, spool) = (nil, nil)
    }

    private func startOver() {
        guard let patience else { return }
        gate.loop.cancel(patience)
        self.patience = nil
        if !isEnded { gate.pool.submit(self, atFront: true) }
    }

    /// Answers 304 where the client has what the file holds now.
    /// - Throws: `precondition_failed` where it asks for something else (`If-Match`).
    private func answerUnchanged(_ claim: LockClaim) throws(ServiceError) -> Bool {
        if tag != nil { return false }
        let stamp = claim.file.stamp
        let states = states(stamp)
        // What is told of a body is the file's state, since a tag tells nothing of what the body asks for.
        let target = content == nil ? request : nil
        let tag = gate.fileTag(of: states, for: target)
        self.tag = tag
        expected = try exchange.contentsToMatch(states, path, target)
        if content != nil || asksForAny { return false }
        if let known = exchange.fields[.ifNoneMatch].flatMap({ tag.unchanged(in: $0) }) {
            answerUnchanged(known, stamp)
            return true
        }
        isUnmodified = states.others.isEmpty && exchange.isUnchanged(stamp)
        return false
    }

    private func states(_ stamp: FileStamp) -> FileStates {
        FileStates(stamp, others: trail.states + others.states)
    }

    private func answerUnchanged(_ tag: EntityTag, _ stamp: FileStamp) {
        let isOfOneFile = states(stamp).others.isEmpty
        release()
        exchange.answer(.unchanged(tag, isOfOneFile ? stamp : nil))
    }

    /// The answer's head; nil where the request is answered by its conditions.
    private func head(_ answer: WorkerAnswer, _ stamp: FileStamp) throws(ServiceError) -> ResponseHead? {
        guard var tag else { return answer.head }
        if !others.isEmpty {
            // Only now is it known which files take part.
            let states = states(stamp)
            let target = content == nil ? request : nil
            tag = gate.fileTag(of: states, for: target)
            expected = try exchange.contentsToMatch(states, path, target)
            if content == nil, !asksForAny,
                let known = exchange.fields[.ifNoneMatch].flatMap({ tag.unchanged(in: $0) })
            {
                answerUnchanged(known, stamp)
                return nil
            }
            isUnmodified = false
        }
        if content != nil { return head(answer, tag.tag(), stamp) }
        if !expected.isEmpty, !expected.contains(answer.contentTag ?? "") { throw Exchange.mismatch(path) }
        if let known = exchange.fields[.ifNoneMatch].flatMap({ tag.unchanged(in: $0, content: answer.contentTag) }) {
            answerUnchanged(known, stamp)
            return nil
        }
        if asksForAny || isUnmodified {
            answerUnchanged(tag.tag(content: answer.contentTag), stamp)
            return nil
        }
        return head(answer, tag.tag(content: answer.contentTag), stamp)
    }

    private func head(_ answer: WorkerAnswer, _ tag: EntityTag, _ stamp: FileStamp) -> ResponseHead {
        var head = answer.head
        head.fields[.eTag] = tag.field
        // One date does not tell of several files.
        if states(stamp).others.isEmpty { head.fields[.lastModified] = ModificationDate(stamp).field }
        return head
    }

    /// `If-None-Match: *` names whatever there is, which a worker has to tell.
    private var asksForAny: Bool { exchange.fields[.ifNoneMatch]?.filter { $0 != " " } == "*" }

    override func succeeded(_ answer: WorkerAnswer, memoryFile: Int32?, length: Int?) {
        // A task is made with its claim's lock only, which is kept until here.
        guard let claim else { return }
        if mustBeReadByWorker(answer, claim) {
            request.readsRegions = true
            return gate.pool.submit(self, atFront: true)
        }
        do throws(ServiceError) {
            guard let head = try head(answer, claim.file.stamp) else {
                if let memoryFile { close(memoryFile) }
                return
            }
            if !request.isHead { try exchange.hold(bytes: memory(of: answer, length)) }
            exchange.answer(Response(head: head, body: body(answer, length, memoryFile, claim)))
        } catch {
            if let memoryFile { close(memoryFile) }
            fail(error)
        }
    }

    private func body(
        _ answer: WorkerAnswer, _ length: Int?, _ memoryFile: Int32?, _ claim: LockClaim
    ) -> Response.Body {
        if request.isHead {
            release()
            if let memoryFile { close(memoryFile) }
            return .headOnly(length: answer.contentLength)
        }
        switch answer.body {
        case .complete(let bytes):
            release()
            return memoryFile.map { .file($0, length: length ?? 0) } ?? .bytes(bytes)
        case .slab(let bytes, let next):
            let first = memoryFile.map { SlabBytes(memoryFile: $0, length: length ?? 0) } ?? SlabBytes(bytes: bytes)
            let stream = SlabStream(
                gate: gate, hold: hold(claim), request: request, media: media, body: content, first: first, next: next)
            return .stream(stream, length: answer.contentLength)
        case .fileRegion(_, let length) where region != nil:
            release()
            defer { region = nil }
            return .memory(region, count: length)
        case .fileRegion(let offset, let length):
            return .stream(RegionStream(hold: hold(claim), offset: offset, length: length), length: length)
        case .spool(let length):
            release()
            return spool.map { .file(dup($0.number), length: length) } ?? .bytes([])
        }
    }
}

extension ReadWork {
    /// What an answer keeps in memory until it is sent.
    private func memory(of answer: WorkerAnswer, _ length: Int?) -> Int {
        switch answer.body {
        case .complete(let bytes): length ?? bytes.count
        // One slab is sent while the next is made.
        case .slab: 2 * gate.settings.slabSize
        case .fileRegion(_, let length): min(length, RegionStream.memory)
        case .spool: Response.blockSize
        }
    }

    /// A longer run of the file's own bytes is sent from the file as it is read.
    private static let regionLimit = 1 << 20

    /// Reads a short run of the file's own bytes if that takes no disk; a worker does else.
    private func mustBeReadByWorker(_ answer: WorkerAnswer, _ claim: LockClaim) -> Bool {
        guard case .fileRegion(let offset, let length) = answer.body, length <= gate.settings.slabSize,
            !request.isHead, !request.readsRegions
        else { return false }
        guard length <= Self.regionLimit, let bytes = malloc(length) else { return true }
        if lh5_read_cached(claim.file.descriptor, bytes, length, offset) == length {
            region = bytes
            return false
        }
        free(bytes)
        return true
    }

    /// The lock passes to the answer in transit.
    private func hold(_ claim: LockClaim) -> LockHold {
        passOnClaim()
        return LockHold(gate: gate, claim: claim, others: passOnOthers())
    }
}
