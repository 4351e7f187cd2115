import CProcess
import Dialects
import Glibc
import H5Model
import LockedH5
import Routes
import WorkerMessage

typealias WorkerResult = Result<WorkerAnswer, ServiceError>

/// The gate's word, without which a worker commits nothing; it is asked for once.
final class CommitPermission {
    private let worker: WorkerProcess
    private var isGiven = false

    /// The longest message with a further request.
    static let messageLimit = 128 << 10

    init(worker: WorkerProcess) {
        self.worker = worker
    }

    /// Waits for the word; without it the process ends here.
    func wait() {
        if isGiven { return }
        ask(.ready)
        guard receive(upTo: 1) == WorkerNotice.commit else { _exit(0) }
        isGiven = true
    }

    /// The same, and does what else the gate asks for meanwhile.
    /// - Returns: The results of the further requests.
    func wait(takingMore further: borrowing FurtherWrites) -> [WorkerResult] {
        if isGiven { return [] }
        var results: [WorkerResult] = []
        while true {
            guard further.isPossible else {
                wait()
                return results
            }
            ask(.readyForMore)
            let message = receive(upTo: Self.messageLimit)
            if message == WorkerNotice.commit { break }
            results.append(carryOut(message, further))
        }
        isGiven = true
        return results
    }

    private func carryOut(_ message: [UInt8], _ further: borrowing FurtherWrites) -> WorkerResult {
        guard let request = message.withUnsafeBytes({ try? WorkerRequest(decoding: $0) }) else { _exit(1) }
        do throws(ServiceError) {
            let change = try NativeDialect.Change(request, body: try WorkerProcess.body(request.content, nil))
            let limits = worker.limits
            return .success(
                try further.write { file throws(ServiceError) in
                    try NativeDialect.answer(change, file: file, limits: limits)
                })
        } catch {
            return .failure(error)
        }
    }

    private func ask(_ question: WorkerNotice) {
        let question = question.encoded
        if lh5_send(worker.socket, question, question.count, nil, 0, 0) <= 0 { _exit(0) }
    }

    private func receive(upTo limit: Int) -> [UInt8] {
        let socket = worker.socket
        return [UInt8](unsafeUninitializedCapacity: limit) { buffer, size in
            var count: Int32 = 0
            let received = lh5_receive(socket, buffer.baseAddress, limit, nil, &count, 0)
            if received <= 0 { _exit(0) }
            size = received
        }
    }
}
