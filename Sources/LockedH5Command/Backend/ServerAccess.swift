import Glibc
import H5Model
import LockedH5Client

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// How a command speaks to one server: with the client's retries, and under the lease of `lockedh5 lock URL`, if any.
struct ServerAccess: Sendable {
    let client: HDF5Client
    private let server: URL
    private let wait: Duration?
    private let lease = LeaseInEnvironment()

    /// - Parameters:
    ///   - wait: The longest wait for a lock, in seconds; nil leaves it to the server.
    ///   - retry: How often requests are sent again that may be.
    init(_ server: URL, wait: Double?, retry: RetryPolicy = RetryPolicy()) throws(CommandError) {
        self.server = server
        self.wait = wait.map { .seconds($0) }
        do throws(HDF5ClientError) {
            client = try HDF5Client(url: server, retry: retry)
        } catch {
            throw CommandError(error)
        }
    }

    /// The options of calls about a file.
    func options(_ file: [UInt8]) -> CallOptions {
        CallOptions(wait: wait, lockToken: lease?.token(for: server, file))
    }
}

/// The lease under which `lockedh5 lock URL` has started this program.
private struct LeaseInEnvironment {
    private let server: String
    private let file: [HDF5Name]
    private let token: String

    init?() {
        guard let server = Self.variable("LOCKEDH5_URL"), let file = Self.variable("LOCKEDH5_FILE"),
            let token = Self.variable("LOCKEDH5_TOKEN")
        else { return nil }
        (self.server, self.file, self.token) = (server, ObjectPath(file).names, token)
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// The token for a request about a file; nil where the lease is of another one.
    func token(for server: URL, _ file: [UInt8]) -> String? {
        "\(server)" == self.server && ObjectPath(bytes: file).names == self.file ? token : nil
    }
}
