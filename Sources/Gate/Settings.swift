public import RedoLog

/// Every limit and choice of a server, with its default.
public struct Settings: Sendable {
    /// The served directory.
    public var root: String
    /// Address and port to listen on; port 0 is a free one.
    public var host = "127.0.0.1"
    public var port: UInt16 = 8080
    /// Where spools and the list of open transactions are kept; nil for a directory of this user's.
    public var stateDirectory: String?
    /// Worker processes; each does one request at a time.
    public var workers: Int
    /// The wait for a lock where the client says nothing, and the longest that it may ask for.
    public var lockWait: Duration = .seconds(10)
    public var maximumWait: Duration = .seconds(60)
    /// The time to live of a lease where the client says nothing, and the longest that it may ask for.
    public var ttl: Duration = .seconds(60)
    public var maximumTTL: Duration = .seconds(3600)
    /// Leases in all, and of one address.
    public var leases = 4096
    public var leasesPerClient = 256
    /// Claims that wait for one file; more are refused.
    public var waitersPerFile = 4096
    /// The time that a worker has for one slab of an answer, before it is killed.
    public var requestTimeout: Duration = .seconds(30)
    /// The time without progress after which a worker is killed in the middle of a commit.
    public var commitTimeout: Duration = .seconds(300)
    /// What a commit, or a change of names, has withstood when it is answered.
    public var durability = Durability.power
    /// Refuse every write.
    public var isReadOnly = false
    /// Permissions and group of new files; directories may also be searched by whoever may read them.
    public var fileMode: UInt32 = 0o664
    public var fileGroup: UInt32?
    /// The time after which an upload in parts is given up.
    public var partialUploadLifetime: Duration = .seconds(3600)
    /// Bytes of a request's body: in JSON, and at all.
    public var jsonSize = 64 << 20
    public var uploadSize = 1 << 40
    /// The longest time that an answer in transit holds its lock.
    public var lockHold: Duration = .seconds(2)
    /// Bytes of one slab: an answer up to this size is complete before a byte of it is sent.
    public var slabSize = 8 << 20
    /// Bytes of answers in memory, all together; beyond it new requests are refused for a while.
    public var answerMemory = 1 << 30
    /// A worker keeps the file of its last request open in libhdf5, without a lock, where the file system is local.
    public var keepsFilesOpen = true
    /// Requests of a worker's life.
    public var requestsPerWorker = 100_000
    /// Requests that wait for a worker; more are refused.
    public var waitingRequests = 10_000
    /// Connections in all and of one address (0: no limit of its own).
    public var connections = 16_384
    public var connectionsPerAddress = 0
    /// Bytes of a connection's request head and buffers, and of a request body that no route wants.
    public var connectionMemory = 32 << 10
    public var discardedBody = 1 << 20
    /// Bytes that are still read of a body that turned out to be refused, so that the client sees the answer.
    public var refusedBody = 64 << 20
    /// Streams of events, and the recent events that are kept for clients that come again.
    public var eventStreams = 1024
    public var recentEvents = 4096
    /// Directories and files that are watched for all streams together.
    public var watchedDirectories = 10_000
    public var watchedFiles = 500_000
    /// The time for which what nobody listens to any more is watched still.
    public var watchLinger: Duration = .seconds(300)
    /// The time between two looks for what other programs have changed; nil: the system tells, where it can.
    public var pollEvents: Duration?
    /// The time without a byte after which a connection is closed.
    public var idleTimeout: Duration = .seconds(75)
    /// The time that running requests have when the server stops.
    public var stopGrace: Duration = .seconds(30)
    /// Deaths of workers on one file within the quarantine's time that put it there.
    public var crashesBeforeQuarantine = 3
    public var quarantine: Duration = .seconds(60)
    /// Origins whose pages may read (CORS); `*` for all.
    public var corsOrigins: [String] = []
    /// The program that a zygote is started from, and the arguments that make it one and limit its workers.
    public var zygoteCommand: [String]

    public init(root: String, workers: Int, zygoteCommand: [String]) {
        self.root = root
        self.workers = workers
        self.zygoteCommand = zygoteCommand
    }
}

extension Settings {
    var rights: EntryRights { EntryRights(mode: fileMode, group: fileGroup) }
}
