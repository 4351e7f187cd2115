import CProcess
import Glibc
import H5Model
import WorkerMessage

/// The other files of a worker's request: asked of the gate, and open until the request is answered.
final class FileQuestions {
    private let socket: Int32
    private var descriptors: [Int32] = []

    init(socket: Int32) {
        self.socket = socket
    }

    deinit {
        for descriptor in descriptors { close(descriptor) }
    }

    /// The file of that name; nil where the gate says that nothing has it.
    /// - Throws: What the gate says.
    func open(_ name: [UInt8]) throws(ServiceError) -> Int32? {
        let question = FileQuestion(name: name).encoded
        if lh5_send(socket, question, question.count, nil, 0, 0) <= 0 { _exit(0) }
        var descriptor: Int32 = -1
        var count: Int32 = 1
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        let size = buffer.withUnsafeMutableBytes {
            lh5_receive(socket, $0.baseAddress, $0.count, &descriptor, &count, 0)
        }
        if size <= 0 && errno == EMSGSIZE {
            throw ServiceError(
                .unsupported, "more than \(WorkerProcess.mostFiles) other files take part in this request")
        }
        if size <= 0 { _exit(0) }
        if count > 0 { descriptors.append(descriptor) }
        let reply = buffer.withUnsafeBytes { try? FileReply(decoding: UnsafeRawBufferPointer(rebasing: $0[..<size])) }
        switch reply {
        case .file where count > 0: return descriptor
        case .absent: return nil
        case .refused(let error): throw error
        case .file, nil: _exit(1)
        }
    }
}
