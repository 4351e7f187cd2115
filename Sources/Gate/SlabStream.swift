import Glibc
import H5Model
import Logging
import Routes
import WorkerMessage

/// The bytes of one slab: in memory, or in a file in memory that a worker wrote.
final class SlabBytes {
    private let bytes: [UInt8]
    private let memoryFile: Int32?
    private let count: Int
    private var sent = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
        memoryFile = nil
        count = bytes.count
    }

    init(memoryFile: Int32, length: Int) {
        bytes = []
        self.memoryFile = memoryFile
        count = length
    }

    deinit {
        if let memoryFile { close(memoryFile) }
    }

    var isSent: Bool { sent == count }

    /// The bytes that were copied; 0 where the file in memory is shorter than the worker said.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let length = min(buffer.count, count - sent)
        if let memoryFile {
            let size = max(pread(memoryFile, buffer.baseAddress, length, sent), 0)
            sent += size
            return size
        }
        bytes.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[sent..<(sent + length)])) }
        sent += length
        return length
    }
}

/// A body that workers make slab by slab, one slab ahead of the client; between two slabs no worker knows of it.
final class SlabStream: BodyStream, WorkerJob {
    var onReady: () -> Void = {}
    private let gate: Gate
    private let hold: LockHold
    private var request: WorkerRequest
    /// The request's body, which says what is read; nil where it has none.
    private let media: WorkerRequest.Content.Media?
    private let body: Upload?
    private var current: SlabBytes
    private var ahead: SlabBytes?
    private var failure: String?
    private var isAsking = false
    /// The lock is there for the next task.
    private var isLocked = false
    private var asked = ContinuousClock.Instant.now
    private var hasMore = true
    private var isClosed = false

    init(
        gate: Gate, hold: LockHold, request: WorkerRequest, media: WorkerRequest.Content.Media?, body: Upload?,
        first: SlabBytes, next: [UInt8]
    ) {
        self.media = media
        self.body = body
        self.gate = gate
        self.hold = hold
        self.request = request
        self.request.cursor = next
        current = first
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> StreamRead {
        if let failure { return .failed(failure) }
        if current.isSent, let next = ahead {
            current = next
            ahead = nil
        }
        ask()
        if current.isSent, let failure { return .failed(failure) }
        if !current.isSent {
            let count = current.read(into: buffer)
            return count > 0 ? .bytes(count) : .failed("a slab is shorter than its worker said")
        }
        return isAsking || ahead != nil ? .notYet : .end
    }

    func close() {
        isClosed = true
        // A worker that makes a slab has the file open; the lock is given back when it has ended.
        if isAsking && gate.pool.kill(self) { return }
        hold.end()
    }

    /// Has the next slab made, unless one is ready or being made.
    private func ask() {
        guard hasMore, !isAsking, ahead == nil else { return }
        isAsking = true
        asked = .now
        gate.pool.submit(self, atFront: true)
    }

    func waits() {
        if !isClosed && .now - asked > gate.settings.requestTimeout { fail("no worker was free for the next slab") }
    }

    func prepare() -> WorkerTask? {
        if isClosed || failure != nil || !hasLock() { return nil }
        isLocked = false
        return request.task(file: hold.descriptor, stamp: nil, media, body)
    }

    /// Asks for the lock now that a worker is free. Where it takes time, the job comes back when it has the lock.
    private func hasLock() -> Bool {
        var isImmediate = true
        if !isLocked {
            hold.use { [weak self] result in
                guard let self, !self.isClosed else { return }
                switch result {
                case .failure(let error): self.fail(error.message)
                case .success:
                    self.isLocked = true
                    if !isImmediate { self.gate.pool.submit(self, atFront: true) }
                }
            }
        }
        isImmediate = false
        return isLocked
    }

    func asks(_ question: FileQuestion, _ answer: @escaping OtherFiles.Answer) {
        hold.answer(question, answer)
    }

    func finish(_ outcome: WorkerOutcome) {
        if isClosed {
            if case .reply(_, let file?) = outcome { Glibc.close(file) }
            return hold.end()
        }
        switch outcome {
        case .lost: fail("its worker was lost in the middle of the body")
        case .died, .killed:
            if gate.quarantine.noteDeath(hold.file.stamp) { gate.log.warning("\(hold.path.text) is in quarantine") }
            fail("its worker ended in the middle of the body")
        case .reply(let received, let memoryFile): take(received, memoryFile)
        }
    }

    private func take(_ received: ReceivedReply, _ memoryFile: Int32?) {
        guard case .success(let answer) = received.reply.result else {
            if let memoryFile { Glibc.close(memoryFile) }
            if case .failure(let error) = received.reply.result { fail(error.message) }
            return
        }
        let bytes: [UInt8]
        switch answer.body {
        case .complete(let last):
            bytes = last
            hasMore = false
        case .slab(let slab, let next):
            bytes = slab
            request.cursor = next
        case .fileRegion, .spool:
            if let memoryFile { Glibc.close(memoryFile) }
            return fail("its worker changed its mind about the body")
        }
        let length = received.memoryFileLength
        ahead = memoryFile.map { SlabBytes(memoryFile: $0, length: length ?? 0) } ?? SlabBytes(bytes: bytes)
        isAsking = false
        if hasMore { hold.done() } else { hold.end() }
        onReady()
    }

    private func fail(_ reason: String) {
        failure = reason
        isAsking = false
        hasMore = false
        hold.end()
        onReady()
    }
}
