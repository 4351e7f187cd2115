import CProcess
import Dialects
import Glibc
import H5Model
import HTTPMessage
import LockedH5
import RedoLog
import Routes
import WorkerMessage

/// A worker: answers one request at a time about a file that the gate has opened and locked. It can open nothing by
/// name, and ends with its gate.
struct WorkerProcess {
    let socket: Int32
    /// Bytes of address space.
    let memory: Int
    let slabSize: Int
    let spoolSize: Int
    let durability: Durability

    /// A body up to this size travels in the message; a message holds 208 KiB by default.
    private static let inlineLimit = 128 << 10
    /// What a worker has open beside the other files of a request.
    private static let ownDescriptors = 16
    /// So many other files may take part in one request.
    static let mostFiles = 1024

    /// Serves until the gate closes the socket.
    func run() -> Never {
        lh5_die_with_parent()
        // A write beyond the limit of a spool is an error, not the end of the process.
        signal(SIGXFSZ, SIG_IGN)
        // libhdf5 frees uninitialised pointers of damaged files: so they are null, and nothing old is read.
        lh5_zero_allocations()
        enterJail()
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        while let (size, descriptors) = receive(into: &buffer) {
            let message = buffer.withUnsafeBytes { Array($0[..<size]) }
            serve(message, descriptors)
        }
        _exit(0)
    }

    var limits: NativeDialect.Limits { NativeDialect.Limits(slab: slabSize) }

    private func enterJail() {
        let descriptors = UInt64(Self.ownDescriptors + Self.mostFiles)
        var limits = lh5_jail(memory: UInt64(memory), descriptors: descriptors)
        var step: UnsafePointer<CChar>?
        if lh5_enter_jail(&limits, &step) == 0 { return }
        let reason = String(cString: strerror(errno))
        complain("cannot be confined (\(step.map { String(cString: $0) } ?? "")): \(reason)")
        _exit(1)
    }

    private func receive(into buffer: inout [UInt8]) -> (Int, [Int32])? {
        var descriptors: [Int32] = [-1, -1]
        var count = Int32(descriptors.count)
        let size = buffer.withUnsafeMutableBytes {
            lh5_receive(socket, $0.baseAddress, $0.count, &descriptors, &count, 0)
        }
        return size > 0 ? (size, Array(descriptors.prefix(Int(count)))) : nil
    }

    private func serve(_ message: [UInt8], _ descriptors: [Int32]) {
        var memoryFile: Int32 = -1
        defer { if memoryFile >= 0 { close(memoryFile) } }
        var isInterrupted = false
        var followers: [WorkerResult] = []
        var reply = WorkerReply(result: answer(message, descriptors, &memoryFile, &isInterrupted, &followers))
        reply.foundInterruption = isInterrupted
        let isLast = !LockedFile.isTrustworthy
        reply.isLast = isLast && followers.isEmpty
        // From here on nothing of the request is open: the message says so.
        for descriptor in descriptors { close(descriptor) }
        send(reply, &memoryFile)
        for (index, result) in followers.enumerated() {
            var none: Int32 = -1
            send(WorkerReply(result: result, isLast: isLast && index == followers.count - 1), &none)
            if none >= 0 { close(none) }
        }
    }

    private func send(_ reply: WorkerReply, _ memoryFile: inout Int32) {
        if case .failure = reply.result, memoryFile >= 0 {
            close(memoryFile)
            memoryFile = -1
        }
        var length: Int?
        if case .success(let answer) = reply.result, memoryFile < 0, let bytes = answer.body.bytes,
            bytes.count > Self.inlineLimit
        {
            memoryFile = Self.memoryFile(of: bytes)
            length = bytes.count
        } else if memoryFile >= 0, case .success(let answer) = reply.result {
            length = answer.contentLength
        }
        let encoded = reply.encoded(memoryFileLength: length)
        let sent = lh5_send(socket, encoded, encoded.count, [memoryFile], memoryFile >= 0 ? 1 : 0, 0)
        if sent < 0 || reply.isLast { _exit(sent < 0 ? 1 : 0) }
    }

    private func answer(
        _ message: [UInt8], _ descriptors: [Int32], _ memoryFile: inout Int32, _ isInterrupted: inout Bool,
        _ followers: inout [WorkerResult]
    ) -> Result<WorkerAnswer, ServiceError> {
        guard let request = message.withUnsafeBytes({ try? WorkerRequest(decoding: $0) })
        else { return .failure(ServiceError(.internal, "a worker was given a broken message")) }
        do throws(ServiceError) {
            if request.operation == .inspectBatch {
                let body = try Self.body(request.content, descriptors.first)
                let mode = try NativeDialect.Batch(request, body: body).lockMode()
                let head = ResponseHead(status: 200)
                return .success(WorkerAnswer(head: head, body: .complete(Array(mode.rawValue.utf8))))
            }
            if NativeRoutes.isChange(request.operation) || request.operation == .batch && !request.hasSharedLock {
                return .success(try change(request, descriptors, &followers))
            }
            guard let file = descriptors.first else { throw ServiceError(.internal, "a worker was given no file") }
            let spool = descriptors.count > 1 ? descriptors[1] : nil
            let answer = try read(request, file, spool: spool, &isInterrupted)
            return .success(request.readsRegions ? try complete(answer, file, &memoryFile) : answer)
        } catch {
            return .failure(error)
        }
    }

    private func read(
        _ request: WorkerRequest, _ file: Int32, spool: Int32?, _ isInterrupted: inout Bool
    ) throws(ServiceError) -> WorkerAnswer {
        let name = String(decoding: request.file, as: UTF8.self)
        let questions = FileQuestions(socket: socket)
        return try LockedFile.read(
            descriptor: file, name: name, others: { name throws(ServiceError) in try questions.open(name) },
            mayStayOpen: request.mayStayOpen
        ) {
            file throws(ServiceError) in
            isInterrupted = file.isInterrupted
            let body = try Self.body(request.content, spool)
            if request.operation == .batch {
                let batch = NativeDialect.Batch(request, body: body)
                return try NativeDialect.answer(batch, file: file, limits: limits, progress: tellProgress)
            }
            if request.operation == .selectValues {
                return try NativeDialect.answer(request, body: body, file: file, limits: limits)
            }
            guard let spool else { return try NativeDialect.answer(request, file: file, limits: limits) }
            var length = 0
            return try NativeDialect.answer(
                request, file: file,
                spool: { bytes throws(ServiceError) in
                    length += bytes.count
                    if length > spoolSize {
                        throw ServiceError(.tooLarge, "the answer is longer than the server's \(spoolSize >> 20) MiB")
                    }
                    try Self.write(bytes, to: spool)
                },
                limits: limits)
        }
    }

    /// A short run of the file's own bytes is read here, so that the lock is free before a byte is sent.
    private func complete(
        _ answer: WorkerAnswer, _ file: Int32, _ memoryFile: inout Int32
    ) throws(ServiceError) -> WorkerAnswer {
        guard case .fileRegion(let offset, let length) = answer.body, length <= slabSize else { return answer }
        var answer = answer
        answer.contentLength = length
        if length <= Self.inlineLimit {
            var size = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
                size = pread(file, buffer.baseAddress, length, offset)
                count = max(size, 0)
            }
            guard size == length else { throw Self.unreadable() }
            answer.body = .complete(bytes)
            return answer
        }
        memoryFile = lh5_memory_file("lockedh5 body")
        var place = offset
        while memoryFile >= 0, place < offset + length {
            guard sendfile(memoryFile, file, &place, offset + length - place) > 0 else { throw Self.unreadable() }
        }
        guard memoryFile >= 0 else { throw Self.unreadable() }
        answer.body = .complete([])
        return answer
    }

    private static func unreadable() -> ServiceError {
        ServiceError(.internal, "the values cannot be read: \(String(cString: strerror(errno)))")
    }

    private static func memoryFile(of bytes: [UInt8]) -> Int32 {
        let file = lh5_memory_file("lockedh5 body")
        do throws(ServiceError) {
            try write(bytes, to: file)
            return file
        } catch {
            complain(error.message)
            _exit(1)
        }
    }

    private static func write(_ bytes: [UInt8], to file: Int32) throws(ServiceError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(file, $0.baseAddress?.advanced(by: written), $0.count - written)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                throw ServiceError(
                    ErrorCode(ofWrite: errno), "the answer cannot be kept: \(String(cString: strerror(errno)))")
            }
            written += count
        }
    }
}

extension WorkerAnswer.Body {
    /// The bytes that travel with the message.
    fileprivate var bytes: [UInt8]? {
        switch self {
        case .complete(let bytes), .slab(let bytes, _): bytes
        case .fileRegion, .spool: nil
        }
    }
}
