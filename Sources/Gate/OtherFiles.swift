import FileLock
import Glibc
import H5Model
import WorkerMessage

/// The other files of a request: the sources of virtual datasets, and whatever else its file refers to.
///
/// Each is locked shared. None is waited for while another lock is held: where one is not free at once the request gives
/// all of its locks back, waits for that file alone, and starts over.
final class OtherFiles {
    private let gate: Gate
    /// The file of the request.
    private let main: FilePath
    private var entries: [Entry] = []
    private var places: [FilePath: Int] = [:]
    /// The file that was not free.
    private(set) var busy: FilePath?
    private var waiting: LockClaim?

    /// So many may take part in one request.
    private static let most = 1024

    private struct Entry {
        let path: FilePath
        /// Nil for a file that is not there.
        var claim: LockClaim?
        /// The file is the request's own, by another name.
        var isMain = false
        var stamp: FileStamp?
    }

    init(gate: Gate, main: FilePath) {
        self.gate = gate
        self.main = main
    }

    deinit {
        release()
    }

    var isEmpty: Bool { entries.isEmpty }

    /// Whether any of them is locked.
    var holdsAny: Bool { entries.contains { $0.claim?.isHeld == true } }

    /// The states in which they are; those that are not there too.
    var states: [FileStates.Other] {
        entries.sorted { $0.path.joinedBytes.lexicographicallyPrecedes($1.path.joinedBytes) }
            .map { FileStates.Other(path: $0.path, stamp: $0.stamp) }
    }

    typealias Answer = (FileReply, _ descriptor: Int32?) -> Void

    /// Answers a worker that asks for a file; at once, or within some milliseconds.
    /// - Parameter own: The claim of the request's own file.
    func answer(_ question: FileQuestion, own: LockClaim, _ answer: @escaping Answer) {
        do throws(ServiceError) {
            let path = try gate.root.servedPath(question.name, in: main)
            if let place = places[path] { return reply(entries[place], own, answer) }
            if entries.count >= Self.most {
                throw ServiceError(.unsupported, "more than \(Self.most) other files take part in this request")
            }
            try lock(path, own, answer)
        } catch {
            answer(.refused(error), nil)
        }
    }

    private func lock(_ path: FilePath, _ own: LockClaim, _ answer: @escaping Answer) throws(ServiceError) {
        if gate.root.leads(path, to: own.file.identity) {
            return keep(Entry(path: path, isMain: true, stamp: own.file.stamp), own, answer)
        }
        do throws(ServiceError) {
            var asked: LockClaim?
            let claim = try gate.locks.claim(path, .shared, wait: .zero) { [weak self] result in
                guard let self, let claim = asked else { return }
                self.ended(claim, result, own, answer)
            }
            asked = claim
            if claim.isHeld { ended(claim, .success(()), own, answer) } else { waiting = claim }
        } catch {
            switch error.code {
            case .notFound: return keep(Entry(path: path), own, answer)
            case .locked: busy = path
            default: break
            }
            throw error
        }
    }

    private func ended(
        _ claim: LockClaim, _ result: Result<Void, ServiceError>, _ own: LockClaim, _ answer: @escaping Answer
    ) {
        waiting = nil
        if case .failure(let error) = result {
            if error.code == .locked { busy = claim.path }
            return answer(.refused(error), nil)
        }
        do throws(ServiceError) {
            try gate.checkQuarantine(claim.file)
        } catch {
            gate.locks.pause(claim)
            return answer(.refused(error), nil)
        }
        keep(Entry(path: claim.path, claim: claim, stamp: claim.file.stamp), own, answer)
    }

    private func keep(_ entry: Entry, _ own: LockClaim, _ answer: Answer) {
        places[entry.path] = entries.count
        entries.append(entry)
        reply(entry, own, answer)
    }

    private func reply(_ entry: Entry, _ own: LockClaim, _ answer: Answer) {
        if entry.isMain { return answer(.file, own.file.descriptor) }
        guard let claim = entry.claim else { return answer(.absent, nil) }
        guard claim.isHeld else {
            return answer(.refused(ServiceError(.unavailable, "\(entry.path.text) is not locked any more")), nil)
        }
        answer(.file, claim.file.descriptor)
    }

    /// Gives all locks back, and forgets the files.
    func release() {
        if let waiting { gate.locks.pause(waiting) }
        waiting = nil
        for entry in entries { if let claim = entry.claim { gate.locks.pause(claim) } }
        entries = []
        places = [:]
    }

    /// Waits for the file that was not free, with no other lock held, and keeps it.
    /// - Throws: As `FileLocks.claim`; `completion` follows where it has to be waited for.
    /// - Returns: Whether it is locked already.
    func waitForBusy(
        _ wait: Duration, _ completion: @escaping LockClaim.Completion
    ) throws(ServiceError) -> Bool {
        guard let path = busy else { return true }
        busy = nil
        let claim = try gate.locks.claim(path, .shared, wait: wait) { [weak self] result in
            guard let self, let claim = self.waiting else { return }
            self.waiting = nil
            if case .success = result { self.add(claim) }
            completion(result)
        }
        if claim.isHeld { add(claim) } else { waiting = claim }
        return claim.isHeld
    }

    private func add(_ claim: LockClaim) {
        places[claim.path] = entries.count
        entries.append(Entry(path: claim.path, claim: claim, stamp: claim.file.stamp))
    }
}

// MARK: - Between two locks

extension OtherFiles {
    /// Gives the locks back for a while; the files stay open.
    func pause() {
        for entry in entries { if let claim = entry.claim { gate.locks.pause(claim) } }
    }

    /// Takes all locks again, none of them waited for.
    /// - Throws: `locked` where one is not free; `unavailable` where a file has changed, or come or gone.
    func resume() throws(ServiceError) {
        do throws(ServiceError) {
            for entry in entries where !entry.isMain { try resume(entry) }
        } catch {
            pause()
            throw error
        }
    }

    private func resume(_ entry: Entry) throws(ServiceError) {
        let changed = ServiceError(.unavailable, "\(entry.path.text) was changed while it was read from")
        guard let claim = entry.claim else {
            if (try? gate.root.status(entry.path)) != nil { throw changed }
            return
        }
        if !claim.isHeld { try gate.locks.resume(claim, wait: .zero) { _ in } }
        guard claim.isHeld else { throw ServiceError(.locked, "\(entry.path.text) is locked") }
        guard claim.file.stamp == entry.stamp, gate.root.leads(entry.path, to: claim.file.identity) else {
            throw changed
        }
    }
}

extension ServedRoot {
    /// The path below the root of an absolute name, of the host or of the served directory.
    /// - Throws: `forbidden` for one outside, and for hidden names.
    func servedPath(_ name: [UInt8], in file: FilePath) throws(ServiceError) -> FilePath {
        guard let path = names.names(of: name) else { throw Self.outside(file) }
        if path.contains(where: { $0.first == UInt8(ascii: ".") }) {
            throw ServiceError(
                .forbidden, "a file that \(file.text) names as a source is hidden by a dot, and is not served")
        }
        return path
    }

    static func outside(_ file: FilePath) -> ServiceError {
        ServiceError(
            .forbidden, "a file that \(file.text) names in a link or as a source lies outside the served directory")
    }
}
