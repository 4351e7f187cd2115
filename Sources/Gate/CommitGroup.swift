import FileLock
import H5Model
import HTTPMessage
import HTTPTypes
import Routes
import WorkerMessage

/// Small changes of one file that are committed together: those that wait for its lock when the first is complete join
/// it, and the disk is waited for once.
final class CommitGroup {
    /// In the order in which they are done; the first one has the lock.
    var members: [ObjectIdentifier] = []
    var begun: ContinuousClock.Instant?
    /// The worker has been told to commit.
    var isCommitted = false
    /// The file's state after the commit.
    var stamp: FileStamp?

    static let most = 64
    /// For so long others can join; the first of them waits meanwhile.
    static let time = Duration.milliseconds(10)
}

extension WriteWork {
    /// The next in the file's queue, if it can be done together with this; it waits for its lock no more.
    func nextMember() -> WriteWork? {
        guard let claim, let next = gate.locks.next(after: claim), let work = next.work as? WriteWork,
            group.members.count < CommitGroup.most, (group.begun.map { .now - $0 < CommitGroup.time } ?? true),
            work.canJoin, work.path == path
        else { return nil }
        if group.begun == nil {
            group.begun = .now
            group.members = [ObjectIdentifier(self)]
        }
        gate.locks.join(next)
        group.members.append(ObjectIdentifier(work))
        work.group = group
        return work
    }

    /// Whether this can be done after another change that is not committed yet: it must not ask for a state that the file
    /// is in only after that commit.
    private var canJoin: Bool {
        !isEnded && !isAlone && ![.createFile, .batch, .copyObject].contains(request.operation)
            && exchange.fields[.ifMatch] == nil
            && request.query.first("atomic") == nil && body.map { $0.inMemory != nil } ?? true
    }

    /// Done under the lock of another one.
    var isFollower: Bool { group.members.first.map { $0 != ObjectIdentifier(self) } ?? false }

    func taskInGroup() -> WorkerTask {
        guard let claim else { return WorkerTask(message: [], descriptors: []) }
        var task = request.task(file: claim.file.descriptor, stamp: nil, media, body)
        task.descriptors = []
        return task
    }

    /// A follower's worker has ended. Without a commit it goes on by itself.
    func lostLeader() {
        if isEnded { return release() }
        if group.isCommitted {
            return fail(
                ServiceError(.workerFailed, "the worker that changed \(path.text) ended unexpectedly; \(Self.unknown)"))
        }
        release()
        group = CommitGroup()
        isAlone = true
        gate.pool.submit(self, atFront: true)
    }

    /// The tag of what this has written. Where another member of the group has written after it, no reader ever sees that
    /// state, and only the content counts.
    func tag(of stamp: FileStamp, for reading: WorkerRequest, content: String?) -> EntityTag {
        let place = group.members.firstIndex(of: ObjectIdentifier(self)) ?? 0
        return gate.fileTag(of: states(stamp), for: reading).tag(
            content: content, isPassing: place < group.members.count - 1)
    }
}
