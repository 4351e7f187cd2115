import CProcess
import Dialects
import Glibc
import H5Model
import HTTPMessage
import LockedH5
import RedoLog
import Routes
import WorkerMessage

extension WorkerProcess {
    /// Does what a request asks to be changed; the gate says when it may be committed.
    ///
    /// - Parameter followers: The results of further requests that were committed with this one.
    func change(
        _ request: WorkerRequest, _ descriptors: [Int32], _ followers: inout [WorkerResult]
    ) throws(ServiceError) -> WorkerAnswer {
        switch request.operation {
        case .copyFile: return try copy(request, descriptors)
        case .putRaw: return try check(request, descriptors)
        case .repackFile: return try repack(request, descriptors)
        case .recoverFile: return try recover(request, descriptors)
        case .synchronizeDirectory: return try synchronize(descriptors)
        default: break
        }
        guard let file = descriptors.first else { throw ServiceError(.internal, "a worker was given no file") }
        let name = String(decoding: request.file, as: UTF8.self)
        let body = try Self.body(request.content, descriptors.dropFirst().first)
        let permission = CommitPermission(worker: self)
        let settings = writeSettings(permission, spill: request.hasSpill ? descriptors.last : nil)
        let questions = FileQuestions(socket: socket)
        let others: OtherFiles = { name throws(ServiceError) in try questions.open(name) }
        if request.operation == .createFile {
            let creation = try NativeDialect.fileCreation(request, body)
            return try LockedFile.write(
                descriptor: file, name: name, creating: creation, settings: settings,
                beforeCommit: { _ in permission.wait() }
            ) { _ in WorkerAnswer(head: ResponseHead(status: 200), body: .complete([])) }
        }
        if request.operation == .batch {
            let batch = NativeDialect.Batch(request, body: body)
            return try LockedFile.write(
                descriptor: file, name: name, settings: settings, others: others,
                beforeCommit: { further in followers = permission.wait(takingMore: further) }
            ) { file throws(ServiceError) in
                try NativeDialect.answer(batch, file: file, limits: limits, progress: tellProgress)
            }
        }
        // Whatever can be refused without the file is refused before it is opened.
        let change = try NativeDialect.Change(request, body: body)
        do throws(ServiceError) {
            return try LockedFile.write(
                descriptor: file, name: name, settings: settings, others: others,
                beforeCommit: { further in followers = permission.wait(takingMore: further) }
            ) { file throws(ServiceError) in
                try NativeDialect.answer(change, file: file, limits: limits)
            }
        } catch {
            // Who was to be committed together fails together.
            followers = followers.map { result in result.flatMap { _ in .failure(error) } }
            throw error
        }
    }

    private func writeSettings(_ permission: CommitPermission, spill: Int32?) -> WriteSettings {
        WriteSettings(
            durability: durability == .power ? .power : .process, spillFile: { spill }, progress: tellProgress,
            mayWriteThrough: {
                permission.wait()
                return true
            })
    }

    /// Tells the gate that a long request goes on.
    func tellProgress() {
        let notice = WorkerNotice.progress.encoded
        _ = lh5_send(socket, notice, notice.count, nil, 0, 0)
    }

    /// A new file gets its name only where it can be read.
    private func check(_ request: WorkerRequest, _ descriptors: [Int32]) throws(ServiceError) -> WorkerAnswer {
        guard let file = descriptors.first else { throw ServiceError(.internal, "a worker was given no file") }
        try LockedFile.read(descriptor: file, name: String(decoding: request.file, as: UTF8.self)) {
            file throws(ServiceError) in try file.checkReadable()
        }
        return try synchronize([file])
    }

    /// The answer tells in a word what was done.
    private func recover(_ request: WorkerRequest, _ descriptors: [Int32]) throws(ServiceError) -> WorkerAnswer {
        guard let file = descriptors.first else { throw ServiceError(.internal, "a worker was given no file") }
        do throws(RedoLogError) {
            let recovery = try RedoLog.recover(descriptor: file, durability: durability)
            return WorkerAnswer(head: ResponseHead(status: 200), body: .complete(Array(recovery.rawValue.utf8)))
        } catch {
            throw ServiceError(.unavailable, "\(String(decoding: request.file, as: UTF8.self)): \(error)")
        }
    }

    /// Waits until files, or the names in directories, are on the disk.
    private func synchronize(_ descriptors: [Int32]) throws(ServiceError) -> WorkerAnswer {
        let answer = WorkerAnswer(head: ResponseHead(status: 200), body: .complete([]))
        guard durability == .power else { return answer }
        for descriptor in descriptors {
            // Some file systems have nothing to wait for and say so.
            while fsync(descriptor) < 0 && errno != EINVAL && errno != ENOTSUP {
                if errno == EINTR { continue }
                throw ServiceError(
                    ErrorCode(ofWrite: errno),
                    "what was made cannot be written to the disk: \(String(cString: strerror(errno)))")
            }
        }
        return answer
    }

    /// Bytes that are copied for one message.
    private static let copySlice = 64 << 20

    /// Copies the next slice of the first file to the second; the cursor is the place in decimal digits.
    private func copy(_ request: WorkerRequest, _ descriptors: [Int32]) throws(ServiceError) -> WorkerAnswer {
        guard descriptors.count == 2 else { throw ServiceError(.internal, "a worker was not given two files") }
        var place = request.cursor.flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? 0
        let end = min(place + Self.copySlice, request.fileSize)
        while place < end {
            let count = lh5_copy(descriptors[0], descriptors[1], &place, end - place)
            guard count > 0 else {
                throw ServiceError(
                    ErrorCode(ofWrite: errno), "the file cannot be copied: \(String(cString: strerror(errno)))")
            }
        }
        let head = ResponseHead(status: 200)
        if place >= request.fileSize { return try synchronize([descriptors[1]]) }
        return WorkerAnswer(head: head, body: .slab([], next: Array(String(place).utf8)))
    }

    static func body(_ content: WorkerRequest.Content?, _ file: Int32?) throws(ServiceError) -> RequestBody {
        guard let content else { return .none }
        let bytes: BodyBytes
        if let inline = content.bytes {
            bytes = BodyBytes(inline)
        } else {
            guard let file else { throw ServiceError(.internal, "a worker was given no body") }
            bytes = BodyBytes(mapping: file, count: content.length)
        }
        return switch content.media {
        case .json: .json(bytes)
        case .octetStream: .octetStream(bytes)
        case .npy: .npy(bytes)
        case .lines: .lines(bytes)
        }
    }
}

extension ReadableFile {
    /// Reads as much as shows that it is an HDF5 file with a root group.
    func checkReadable() throws(ServiceError) {
        _ = try info()
        _ = try group(at: .root)
    }
}

extension BodyBytes {
    /// The bytes of a file that stays open longer; the pieces are mapped into memory.
    init(mapping file: Int32, count: Int) {
        self.init(count: count) { range, body throws(ServiceError) in
            if range.isEmpty { return try body(UnsafeRawBufferPointer(start: nil, count: 0)) }
            let page = Int(sysconf(Int32(_SC_PAGESIZE)))
            let start = range.lowerBound / page * page
            let length = range.upperBound - start
            guard let pages = mmap(nil, length, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, start), pages != MAP_FAILED
            else { throw ServiceError(.workerFailed, "the request's body needs more memory than is allowed") }
            defer { munmap(pages, length) }
            let bytes = UnsafeRawBufferPointer(start: pages + (range.lowerBound - start), count: range.count)
            try body(bytes)
        }
    }
}
