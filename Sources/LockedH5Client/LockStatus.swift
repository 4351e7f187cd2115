public import H5Model

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// Who holds locks of a file, and who waits for one.
public struct LockStatus: Equatable, Sendable, Decodable {
    /// What holds a lock, or waits for it.
    public enum Kind: String, Sendable {
        /// A lease of a client.
        case lease
        /// A request that the server is working on.
        case request
        /// A process beside the server that has the file open.
        case program
    }

    /// A lock that is held.
    public struct Holder: Equatable, Sendable, Decodable {
        /// What holds it.
        public var kind: Kind
        /// Nil where the server's system does not tell.
        public var mode: LockMode?
        /// When it was had; nil for a program.
        public var since: Date?
        /// When a lease ends that is not renewed.
        public var expires: Date?
        /// A lease's number, which grows from lease to lease.
        public var fence: Int?
        /// A program's process.
        public var process: Int?

        public init(from decoder: any Decoder) throws {
            let fields = try JSONFields(decoder)
            kind = try fields.word("kind")
            let mode: String? = try fields.optional("mode")
            self.mode = mode.flatMap(LockMode.init(rawValue:))
            since = try fields.date("since")
            expires = try fields.date("expires")
            fence = try fields.optional("fence")
            process = try fields.optional("process")
        }
    }

    /// A wait for a lock.
    public struct Waiter: Equatable, Sendable, Decodable {
        /// What waits.
        public var kind: Kind
        /// The lock that it waits for.
        public var mode: LockMode
        /// When it began to wait.
        public var since: Date?

        public init(from decoder: any Decoder) throws {
            let fields = try JSONFields(decoder)
            kind = try fields.word("kind")
            mode = try fields.word("mode")
            since = try fields.date("since")
        }
    }

    /// The locks that are held.
    public var holders: [Holder]
    /// Those who wait, in their order.
    public var waiters: [Waiter]
}
