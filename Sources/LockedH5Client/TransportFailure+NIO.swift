import AsyncHTTPClient
import NIOCore
import NIOPosix

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

extension TransportFailure {
    /// What async-http-client and what is below it have thrown, in words of our own.
    init(ofHTTPClient error: any Error) {
        if Task.isCancelled {
            self = .cancelled
            return
        }
        switch error {
        case let error as HTTPClientError: self.init(error)
        case let error as NIOConnectionError: self.init(error)
        case let error as IOError where [ECONNREFUSED, ENETUNREACH].contains(error.errnoCode):
            self.init(.notConnected, "no connection could be made: \(Self.words(error))")
        case let error as IOError: self.init(.interrupted, "the connection broke: \(Self.words(error))")
        case is ChannelError: self.init(.interrupted, "the connection was closed")
        case is TransportFailure, is CancellationError: self.init(error)
        default: self.init(.interrupted, "the connection failed (\(type(of: error)))")
        }
    }

    private init(_ error: HTTPClientError) {
        switch error {
        case .cancelled: self = .cancelled
        case .requestStreamCancelled:
            self.init(.interrupted, "the server closed the connection before it had the whole request")
        case .connectTimeout: self.init(.notConnected, "the server's machine did not answer in time")
        case .getConnectionFromPoolTimeout: self.init(.notConnected, "no connection became free in time")
        case .tlsHandshakeTimeout: self.init(.notConnected, "the server did not agree on TLS in time")
        case .readTimeout, .writeTimeout, .deadlineExceeded:
            self.init(.timedOut, "the server was silent for too long")
        case .remoteConnectionClosed, .uncleanShutdown:
            self.init(.interrupted, "the server closed the connection before the whole answer had come")
        default: self.init(.interrupted, "the connection failed (\(error.shortDescription))")
        }
    }

    private init(_ error: NIOConnectionError) {
        if error.dnsAError != nil && error.dnsAAAAError != nil && error.connectionErrors.isEmpty {
            self.init(.notConnected, "the name \(error.host) leads to no address")
            return
        }
        let causes = error.connectionErrors.compactMap { $0.error as? IOError }
        let words = causes.first.map(Self.words) ?? "there was no answer"
        self.init(.notConnected, "no connection could be made: \(words)")
    }

    /// The system's own sentence, without the names of its calls.
    private static func words(_ error: IOError) -> String {
        switch error.errnoCode {
        case 0: "it ended"
        case let code: String(cString: strerror(code)).lowercased()
        }
    }
}
