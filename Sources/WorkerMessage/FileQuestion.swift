public import H5Model

/// What a worker asks the gate for in the middle of a request: another file, by a path below the served directory with a
/// leading slash, or one of the host. No reply and no notice looks so.
public struct FileQuestion: Equatable, Sendable {
    public var name: [UInt8]

    public init(name: [UInt8]) {
        self.name = name
    }

    private static let mark: UInt8 = 5

    public var encoded: [UInt8] { [Self.mark] + name }

    /// Nil where the message is something else.
    public init?(decoding bytes: UnsafeRawBufferPointer) {
        guard bytes.count > 1, bytes[0] == Self.mark else { return nil }
        name = Array(bytes.dropFirst())
    }
}

/// The gate's answer to a `FileQuestion`.
public enum FileReply: Equatable, Sendable {
    /// The file's descriptor travels with the message; it is locked until the request is answered.
    case file
    /// Nothing has that name.
    case absent
    case refused(ServiceError)

    public func encoded() -> [UInt8] {
        var message = MessageEncoder()
        switch self {
        case .file: message.byte(0)
        case .absent: message.byte(1)
        case .refused(let error):
            message.byte(2)
            message.text(error.code.rawValue)
            message.text(error.message)
        }
        return message.bytes
    }

    public init(decoding bytes: UnsafeRawBufferPointer) throws(MessageError) {
        var message = MessageDecoder(bytes)
        switch try message.byte() {
        case 0: self = .file
        case 1: self = .absent
        case 2:
            guard let code = ErrorCode(rawValue: try message.text()) else { throw MessageError() }
            self = .refused(ServiceError(code, try message.text()))
        default: throw MessageError()
        }
    }
}
