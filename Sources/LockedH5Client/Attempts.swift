import H5Model

/// The attempts to have one request answered.
struct Attempts {
    private let policy: RetryPolicy
    private let repetition: Repetition
    private let random: @Sendable () -> Double
    private var count = 0
    /// Why the outcome of an earlier attempt is not known.
    private var doubt: TransportFailure?

    /// - Parameter random: Numbers from 0 to less than 1.
    init(_ policy: RetryPolicy, _ repetition: Repetition, random: @escaping @Sendable () -> Double) {
        self.policy = policy
        self.repetition = repetition
        self.random = random
    }

    /// An attempt has failed.
    /// - Returns: The pause before the next one.
    /// - Throws: The failure of all, where there is to be no other.
    mutating func pause(after error: HDF5ClientError) throws(HDF5ClientError) -> Duration {
        count += 1
        let mayRepeat = mayRepeat(after: error)
        let told = error.refusal?.retryAfter ?? .zero
        guard mayRepeat, count < policy.attempts, told <= policy.longestRetryAfter else { throw failure(error) }
        return told + policy.bound(after: count) * random()
    }

    /// The failure of all when the wait for the next attempt is cut short.
    func cancelled() -> HDF5ClientError {
        failure(HDF5ClientError(.transport(.cancelled)))
    }

    /// Whether the request may be sent again, and what is known of this attempt.
    private mutating func mayRepeat(after error: HDF5ClientError) -> Bool {
        switch error.reason {
        case .transport(let failure):
            if failure.kind == .notConnected { return true }
            if repetition != .reads { doubt = failure }
            return failure.kind != .cancelled && repetition != .more
        case .refused(let refusal):
            if refusal.isUndone { return true }
            guard refusal.isOnTheWay else { return false }
            if repetition != .reads { doubt = TransportFailure(.interrupted, refusal.description) }
            return repetition != .more
        default: return false
        }
    }

    /// The error of the last attempt, unless it would hide that an earlier one may have done what was asked for.
    private func failure(_ error: HDF5ClientError) -> HDF5ClientError {
        guard let doubt else { return error }
        var unknown = error
        switch error.reason {
        case .refused(let refusal) where !refusal.isOnTheWay:
            unknown.reason = .outcomeUnknown(.init(failure: doubt, refusal: refusal))
        case .transport(let failure) where failure.kind == .cancelled:
            unknown.reason = .outcomeUnknown(.init(failure: failure))
        case .refused, .transport: unknown.reason = .outcomeUnknown(.init(failure: doubt))
        default: return error
        }
        return unknown
    }
}

extension HDF5ClientError.Refusal {
    /// The server has done nothing, and may do it later.
    fileprivate var isUndone: Bool { status == 429 || (isNative && code == .unavailable) }

    /// Something between here and the server has given up; what became of the request it does not tell.
    fileprivate var isOnTheWay: Bool { !isNative && [502, 503, 504].contains(status) }
}
