import H5Model
import Synchronization

/// What the server tells of a lease to who holds it.
struct LeaseDescription: Decodable {
    /// Tells the server that a request is the holder's.
    var token: String
    var timeToLive: Duration
    var fence: Int

    /// Seconds, far more than any server grants.
    private static let longest = 1e9

    init(from decoder: any Decoder) throws {
        let fields = try JSONFields(decoder)
        token = try fields["token"]
        let seconds: Double = try fields["ttl"]
        guard seconds > 0, seconds <= Self.longest else { throw fields.unexpected("ttl", "\(seconds)") }
        timeToLive = .seconds(seconds)
        fence = try fields["fence"]
    }
}

/// A lease that was taken, until it is known to be lost.
final class Lease: Sendable {
    let file: ServedPath
    let mode: LockMode
    let token: String
    let fence: Int
    let timeToLive: Duration

    private let firstLoss = Mutex<HDF5ClientError?>(nil)
    private let signal = AsyncStream<Never>.makeStream()

    init(_ description: LeaseDescription, file: ServedPath, mode: LockMode) {
        self.file = file
        self.mode = mode
        token = description.token
        fence = description.fence
        timeToLive = description.timeToLive
    }

    /// Why the lease was lost; nil while nothing of that is known.
    var loss: HDF5ClientError? { firstLoss.withLock { $0 } }

    /// Tells whoever waits for it that the lease is lost; the first reason counts.
    func lose(_ reason: HDF5ClientError) {
        firstLoss.withLock { if $0 == nil { $0 = reason } }
        signal.continuation.finish()
    }

    /// Returns when the lease is lost, or the task is cancelled; to be waited for by one task.
    func waitForLoss() async {
        for await _ in signal.stream {}
    }
}
