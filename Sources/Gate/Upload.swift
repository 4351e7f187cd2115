import Glibc
import H5Model
import HTTPMessage

/// A request's body while it comes in: in memory as long as it is short, then in a file. No lock and no worker waits
/// for it.
final class Upload {
    /// A body that is not longer stays in memory, and travels to its worker in the message.
    static let memoryLimit = 64 << 10

    private let limit: Int
    private let name: String
    private let makeFile: () throws(ServiceError) -> Descriptor
    private var bytes: [UInt8] = []
    /// Bytes that come before they are written: long writes cost much less than many short ones.
    private static let blockSize = 256 << 10
    private(set) var file: Descriptor?
    /// Where in the file the body begins, and how long it is so far; both in bytes.
    private let start: Int
    private(set) var length = 0
    private var written = 0

    /// - Parameters:
    ///   - limit: The most bytes.
    ///   - start: The first byte's place in the file.
    ///   - file: Called when the body becomes too long for memory.
    init(
        limit: Int, name: String = "the request's body", start: Int = 0,
        file: @escaping () throws(ServiceError) -> Descriptor
    ) {
        self.limit = limit
        self.name = name
        self.start = start
        makeFile = file
    }

    /// Refuses a body that is too long before it comes.
    /// - Throws: `too_large`, `out_of_space`.
    func expect(_ length: Int) throws(ServiceError) {
        if length > limit { throw tooLarge }
        guard length > Self.memoryLimit else { return }
        let file = try openFile()
        var system = statvfs()
        guard fstatvfs(file.number, &system) == 0 else { return }
        // The block counts of statvfs(3) are in units of the fragment size.
        let (free, overflow) = Int(clamping: system.f_bavail).multipliedReportingOverflow(by: Int(system.f_frsize))
        if !overflow && free < length {
            throw ServiceError(.outOfSpace, "there is no room for \(name) of \(length) bytes")
        }
    }

    /// Takes the next bytes.
    /// - Throws: `too_large`, `out_of_space`, `internal`.
    func receive(_ next: UnsafeRawBufferPointer) throws(ServiceError) {
        guard next.count <= limit - length else { throw tooLarge }
        if file == nil && length + next.count <= Self.memoryLimit {
            bytes.append(contentsOf: next)
            length += next.count
            return
        }
        let file = try openFile()
        bytes.append(contentsOf: next)
        length += next.count
        if bytes.count >= Self.blockSize { try flush(to: file) }
    }

    /// All of the body has come, or no more of it will: what is still to be written is.
    /// - Throws: `out_of_space`, `internal`.
    func complete() throws(ServiceError) {
        if let file { try flush(to: file) }
    }

    private func flush(to file: Descriptor) throws(ServiceError) {
        try bytes.withUnsafeBufferPointer { bytes throws(ServiceError) in
            try write(UnsafeRawBufferPointer(bytes), to: file)
        }
        bytes.removeAll(keepingCapacity: true)
    }

    /// The body where it is short enough for memory.
    var inMemory: [UInt8]? { file == nil ? bytes : nil }

    private var tooLarge: ServiceError {
        ServiceError(.tooLarge, "\(name) is longer than \(limit) bytes, the most that is taken here")
    }

    /// The file, with what was in memory.
    private func openFile() throws(ServiceError) -> Descriptor {
        if let file { return file }
        let file = try makeFile()
        self.file = file
        bytes.reserveCapacity(Self.blockSize + Self.memoryLimit)
        return file
    }

    private func write(_ next: UnsafeRawBufferPointer, to file: Descriptor) throws(ServiceError) {
        var rest = next
        while !rest.isEmpty {
            let count = pwrite(file.number, rest.baseAddress, rest.count, start + written)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw Self.failure(errno, name) }
            written += count
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    static func failure(_ code: Int32, _ name: String) -> ServiceError {
        let kind = ErrorCode(ofWrite: code)
        if kind == .outOfSpace { return ServiceError(kind, "there is no room for \(name)") }
        return ServiceError(kind, "\(name) cannot be kept: \(String(cString: strerror(code)))")
    }
}

extension Upload {
    /// The text of the only member of a JSON object: `{"path": "run2.h5"}`.
    /// - Throws: `invalid`.
    func singleMember(_ key: String) throws(ServiceError) -> [UInt8] {
        let wanted = "the body is a JSON object of one member: {\"\(key)\": \"...\"}"
        guard let bytes = inMemory, !bytes.isEmpty else { throw ServiceError(.invalid, wanted) }
        guard case .object(let members) = try JSONTree(body: bytes), members.count == 1,
            members[0].name.elementsEqual(key.utf8),
            case .string(let text) = members[0].value
        else { throw ServiceError(.invalid, wanted) }
        return text
    }
}
