import CProcess
import Glibc
import H5Model
import HTTPMessage
import HTTPTypes
import Routes
import WorkerMessage

/// A request that copies a file under its shared lock: by sharing its blocks where the file system can, else piece by
/// piece in a worker. The copy gets its name when it is complete.
final class CopyWork: FileWork {
    private let body: Upload
    let route: Route
    private var copy: NewFile?
    private var request: WorkerRequest

    init(exchange: Exchange, path: FilePath, route: Route, request: WorkerRequest) {
        self.route = route
        body = exchange.gate.upload(of: .json)
        self.request = request
        super.init(exchange: exchange, path: path, mode: .shared)
    }

    override var upload: Upload? { body }

    override func start() {
        do throws(ServiceError) {
            if let work = try objectCopy(request, body) { return exchange.goOn(with: work) }
            let place = try gate.root.place(try exchange.pathInBody(body, key: "file"))
            if try place.status() != nil { throw ServedRoot.error(EEXIST, place.path) }
            copy = try NewFile(place, gate.settings.rights)
            super.start()
        } catch {
            fail(error)
        }
    }

    override func task(_ claim: LockClaim) throws(ServiceError) -> WorkerTask? {
        guard let copy else { return nil }
        if request.cursor == nil {
            try exchange.checkMatch(claim.file.stamp, path)
            try claim.file.checkComplete()
            if lh5_reflink(copy.descriptor.number, claim.file.descriptor) == 0 {
                try publish(copy)
                return nil
            }
        }
        var task = request.task(file: claim.file.descriptor, stamp: claim.file.stamp)
        task.descriptors.append(copy.descriptor.number)
        return task
    }

    override func succeeded(_ answer: WorkerAnswer, memoryFile: Int32?, length: Int?) {
        if let memoryFile { close(memoryFile) }
        if case .slab(_, let next) = answer.body {
            request.cursor = next
            return gate.pool.submit(self, atFront: true)
        }
        do throws(ServiceError) {
            if let copy { try publish(copy) }
        } catch {
            fail(error)
        }
    }

    private func publish(_ copy: NewFile) throws(ServiceError) {
        release()
        try gate.leases.checkFree(copy.place.path, for: nil)
        guard try copy.publish() else { throw ServedRoot.error(EEXIST, copy.place.path) }
        let stamp = try gate.noteCommit(copy.descriptor.number, copy.place.path)
        copy.unlock()
        let entry = FileEntry(path: copy.place.path, isDirectory: false, stamp: stamp)
        let response = entry.response(status: 201, tag: gate.tag(of: stamp))
        gate.answer(exchange, response, afterChanging: [copy.place])
    }
}
