import FileLock
import Glibc
import H5Model
import HTTPMessage
import HTTPTypes
import RedoLog

/// A request for a file's own bytes, which needs a lock but no worker.
final class RawWork: RequestWork {
    private let exchange: Exchange
    private let gate: Gate
    private let path: FilePath
    private var claim: LockClaim?
    private var isEnded = false
    private var hasWaitedForRecovery = false

    init(exchange: Exchange, path: FilePath) {
        self.exchange = exchange
        gate = exchange.gate
        self.path = path
    }

    func start() {
        do throws(ServiceError) {
            let claim = try gate.locks.claim(
                path, .shared, wait: exchange.remainingWait, lease: try exchange.lease()
            ) { [weak self] result in
                self?.proceed(result)
            }
            self.claim = claim
            if claim.isHeld { proceed(.success(())) }
        } catch {
            exchange.answer(error)
        }
    }

    func cancel() {
        isEnded = true
        release()
    }

    private func release() {
        if let claim { gate.locks.pause(claim) }
        claim = nil
    }

    private func proceed(_ result: Result<Void, ServiceError>) {
        do throws(ServiceError) {
            try result.get()
            guard let claim else { return }
            if try claim.file.checkHDF5() == .veiled, claim.lease == nil, !hasWaitedForRecovery {
                hasWaitedForRecovery = true
                release()
                return gate.recover(path) { [weak self] in
                    if let self, !self.isEnded { self.start() }
                }
            }
            try claim.file.checkComplete()
            exchange.answer(try response(claim))
        } catch {
            release()
            exchange.answer(error)
        }
    }

    private func response(_ claim: LockClaim) throws(ServiceError) -> Response {
        let stamp = claim.file.stamp
        let (parts, date) = (gate.fileTag(of: stamp), ModificationDate(stamp).field)
        let tag = parts.tag()
        var head = ResponseHead(
            status: 200,
            fields: [.contentType: "application/x-hdf5", .acceptRanges: "bytes", .eTag: tag.field])
        head.fields[.lastModified] = date
        try exchange.checkMatch(stamp, path)
        let list = exchange.fields[.ifNoneMatch]
        if list?.filter({ $0 != " " }) == "*" || list.flatMap({ parts.unchanged(in: $0) }) != nil
            || exchange.isUnchanged(stamp)
        {
            cancel()
            return .unchanged(tag, stamp)
        }
        var range = 0..<stamp.size
        switch byteRange(tag, date, length: stamp.size) {
        case .whole: break
        case .part(let part):
            range = part
            head.status = 206
            head.fields[.contentRange] = "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(stamp.size)"
        case .unsatisfiable: return unsatisfiable(stamp.size)
        }
        return Response(head: head, body: try body(claim, range))
    }

    /// `If-Range` has a strong tag, or the very date that was told (RFC 9110, 13.1.5).
    private func byteRange(_ tag: EntityTag, _ date: String?, length: Int) -> ByteRange.Outcome {
        if exchange.method != .get { return .whole }
        if let condition = exchange.fields[.ifRange], condition != date,
            !tag.matches(list: condition, strongly: true)
        {
            return .whole
        }
        return ByteRange.parse(exchange.fields[.range], length: length)
    }

    private func body(_ claim: LockClaim, _ range: Range<Int>) throws(ServiceError) -> Response.Body {
        if exchange.method == .head {
            cancel()
            return .headOnly(length: range.count)
        }
        let isStream = range.count > gate.settings.slabSize
        try exchange.hold(bytes: isStream ? RegionStream.memory : range.count)
        self.claim = nil
        let hold = LockHold(gate: gate, claim: claim, others: OtherFiles(gate: gate, main: path))
        if isStream {
            return .stream(RegionStream(hold: hold, offset: range.lowerBound, length: range.count), length: range.count)
        }
        defer { hold.end() }
        var size = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
            size = pread(hold.descriptor, buffer.baseAddress, range.count, range.lowerBound)
            count = max(size, 0)
        }
        guard size == range.count else {
            throw ServiceError(.internal, "\(path.text) cannot be read: \(String(cString: strerror(errno)))")
        }
        return .bytes(bytes)
    }

    private func unsatisfiable(_ size: Int) -> Response {
        cancel()
        let error = ServiceError(.outOfBounds, "no byte of \(path.text) is in the range; it has \(size) bytes")
        exchange.answer(error, status: 416, fields: [.contentRange: "bytes */\(size)"])
        return Response(head: ResponseHead(status: 416), body: .bytes([]))
    }
}

extension OpenFile {
    /// Only HDF5 files are served as they are.
    /// - Returns: What an earlier writer of ours left.
    /// - Throws: `not_hdf5`, `damaged`, `unsupported`.
    @discardableResult
    func checkHDF5() throws(ServiceError) -> RedoLog.State {
        do throws(RedoLogError) {
            return try RedoLog.inspect(descriptor: descriptor)
        } catch {
            switch error {
            case .notHDF5: throw ServiceError(.notHDF5, "\(path.text) is not an HDF5 file")
            case .unknownVersion: throw ServiceError(.unsupported, "\(path.text) was written by a newer lockedh5")
            default: throw ServiceError(.damaged, "\(path.text) has no superblock that can be read")
            }
        }
    }

    /// - Throws: `locked` where a program that takes no lock (SWMR) says that it writes the file, or was killed.
    func checkFlags() throws(ServiceError) {
        guard (try? RedoLog.isMarkedOpen(descriptor: descriptor)) == true else { return }
        throw ServiceError(
            .locked,
            "\(path.text) says that a program has it open for writing; if none has, lockedh5 repair --clear-flags clears that"
        )
    }

    /// What is neither HDF5 nor empty is somebody's other file, and stays.
    /// - Throws: `not_hdf5`.
    func checkReplaceable() throws(ServiceError) {
        if stamp.size == 0 { return }
        do throws(RedoLogError) {
            _ = try RedoLog.inspect(descriptor: descriptor)
        } catch {
            guard case .notHDF5 = error else { return }
            throw ServiceError(.notHDF5, "\(path.text) is not an HDF5 file, and is not replaced by one")
        }
    }

    /// Only between two commits. A log without a veil was never committed: what stands before it is the file.
    /// - Throws: `unavailable`, and as `checkHDF5`.
    func checkComplete() throws(ServiceError) {
        if try checkHDF5() != .veiled { return }
        throw ServiceError(.unavailable, "\(path.text) was left in the middle of a commit and cannot be recovered")
    }
}
