import Glibc
import CProcess
import FileLock
import H5Model
import HTTPMessage
import HTTPTypes
import Logging
import Routes
import WorkerMessage

/// A request that a worker answers from a locked file.
final class HDF5Work: RequestWork, WorkerJob {
    private let exchange: Exchange
    private let gate: Gate
    private let path: FilePath
    private let route: Route
    private var request: WorkerRequest
    private var claim: LockClaim?
    private var spool: Int32 = -1
    /// Answered, or not wanted any more.
    private var isEnded = false
    private var tag: EntityTag?
    /// A run of the file's bytes that has been read; from malloc.
    private var region: UnsafeMutableRawPointer?

    init(exchange: Exchange, path: FilePath, route: Route, request: WorkerRequest) {
        self.exchange = exchange
        gate = exchange.gate
        self.path = path
        self.route = route
        self.request = request
    }

    deinit {
        if spool >= 0 { close(spool) }
        free(region)
    }

    func start() {
        gate.pool.submit(self)
    }

    func cancel() {
        isEnded = true
        // A worker that has the file open is killed; the lock is given back when it has ended.
        if gate.pool.kill(self) { return }
        release()
    }

    private func release() {
        if let claim { gate.locks.pause(claim) }
        claim = nil
    }

    private func fail(_ error: ServiceError) {
        isEnded = true
        release()
        exchange.answer(error)
    }

    func waits() {
        if isEnded { return }
        do throws(ServiceError) {
            try exchange.checkPatience()
        } catch {
            fail(error)
        }
    }

    func prepare() -> WorkerTask? {
        if isEnded { return nil }
        do throws(ServiceError) {
            guard let claim = claim == nil ? try takeLock() : claim else { return nil }
            return try task(claim)
        } catch {
            fail(error)
            return nil
        }
    }

    /// The claim if it has its lock at once; else the job comes back when it has.
    private func takeLock() throws(ServiceError) -> LockClaim? {
        let claim = try gate.locks.claim(path, route.lock ?? .exclusive, wait: exchange.remainingWait) {
            [weak self] result in
            guard let self, !self.isEnded else { return }
            switch result {
            case .success: self.gate.pool.submit(self, atFront: true)
            case .failure(let error): self.fail(error)
            }
        }
        self.claim = claim
        return claim.isHeld ? claim : nil
    }

    /// The worker's task; nil where the client has the answer already.
    private func task(_ claim: LockClaim) throws(ServiceError) -> WorkerTask? {
        if let time = gate.quarantine.remaining(claim.file.stamp) {
            throw ServiceError(
                .unavailable,
                "\(path.text) made workers fail again and again and is refused for \(time.components.seconds + 1) s")
        }
        if try answerUnchanged(claim) { return nil }
        request.fileSize = claim.file.stamp.size
        request.fileModified = claim.file.stamp.modified.nanosecondsSince1970
        request.mayStayOpen = gate.settings.keepsFilesOpen && claim.file.isLocal
        var descriptors = [claim.file.descriptor]
        if route.isSpooled {
            if spool < 0 { spool = try gate.state.spool() }
            descriptors.append(spool)
        }
        return WorkerTask(message: request.encoded(), descriptors: descriptors)
    }

    /// Answers 304 where the client has what the file holds now.
    /// - Throws: `precondition_failed` where it asks for something else (`If-Match`).
    private func answerUnchanged(_ claim: LockClaim) throws(ServiceError) -> Bool {
        if tag != nil { return false }
        var asked = request
        asked.isHead = false
        let tag = EntityTag(stamp: claim.file.stamp, representation: asked.encoded())
        self.tag = tag
        try exchange.checkMatch(tag, path)
        guard let list = exchange.fields[.ifNoneMatch], !asksForAny, tag.matches(list: list, strongly: false) else {
            return false
        }
        release()
        exchange.answer(.unchanged(tag))
        return true
    }

    /// `If-None-Match: *` names whatever there is, which a worker has to tell.
    private var asksForAny: Bool { exchange.fields[.ifNoneMatch]?.filter { $0 != " " } == "*" }

    func finish(_ outcome: WorkerOutcome) {
        switch outcome {
        case .reply(let received, let memoryFile):
            if isEnded {
                if let memoryFile { close(memoryFile) }
                return release()
            }
            take(received, memoryFile)
        case .lost:
            if isEnded { return release() }
            fail(ServiceError(.workerFailed, "the worker that read \(path.text) was lost; try again"))
        case .died, .killed:
            if isEnded { return release() }
            if let stamp = claim?.file.stamp, gate.quarantine.noteDeath(stamp) {
                gate.log.warning("\(path.text) is in quarantine")
            }
            if case .killed = outcome {
                let time = gate.settings.requestTimeout.components.seconds
                return fail(ServiceError(.timeout, "\(path.text) could not be read in \(time) s"))
            }
            fail(ServiceError(.workerFailed, "the worker that read \(path.text) ended unexpectedly"))
        }
    }

    private func take(_ received: ReceivedReply, _ memoryFile: Int32?) {
        switch received.reply.result {
        case .failure(let error):
            if let memoryFile { close(memoryFile) }
            fail(error)
        case .success(let answer):
            // A task is made with its claim's lock only, which is kept until here.
            guard let claim else { return }
            if mustBeReadByWorker(answer, claim) {
                request.readsRegions = true
                return gate.pool.submit(self, atFront: true)
            }
            if asksForAny, let tag {
                release()
                if let memoryFile { close(memoryFile) }
                return exchange.answer(.unchanged(tag))
            }
            do throws(ServiceError) {
                if !request.isHead { try exchange.hold(bytes: memory(of: answer, received.memoryFileLength)) }
            } catch {
                if let memoryFile { close(memoryFile) }
                return fail(error)
            }
            let body = body(answer, received.memoryFileLength, memoryFile, claim)
            var head = answer.head
            head.fields[.eTag] = tag?.field
            exchange.answer(Response(head: head, body: body))
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
            let stream = SlabStream(gate: gate, hold: hold(claim), request: request, first: first, next: next)
            return .stream(stream, length: answer.contentLength)
        case .fileRegion(_, let length) where region != nil:
            release()
            defer { region = nil }
            return .memory(region, count: length)
        case .fileRegion(let offset, let length):
            return .stream(RegionStream(hold: hold(claim), offset: offset, length: length), length: length)
        case .spool(let length):
            release()
            defer { spool = -1 }
            return .file(spool, length: length)
        }
    }
}

extension HDF5Work {
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
        self.claim = nil
        return LockHold(gate: gate, claim: claim)
    }
}
