internal import FileLock
internal import Glibc
public import H5Model
internal import HDF5
internal import RedoLog

extension LockedFile {
    /// Writes the file at `path` under an exclusive lock, which ends with the scope: all of it, or nothing if `body`
    /// throws.
    ///
    /// A new file appears under its name when it is complete.
    /// - Parameters:
    ///   - creation: How a file is made, where the mode makes one.
    ///   - attempts: How often the lock is asked for, at least once.
    ///   - wait: The longest time between two attempts.
    ///   - root: Virtual datasets reach sources below this directory, which are locked too when they do; nil for the
    ///     directory that holds the file. External links are not followed: one transaction writes one file.
    ///   - settings: What the commit withstands, and how much is kept in memory.
    /// - Throws: `not_found`, `exists`, `forbidden`, `locked`, `not_hdf5`, `unavailable`, `unsupported`, `damaged`,
    ///   `out_of_space`; and what `body` throws.
    public static func write<R>(
        _ path: String, mode: WriteMode = .existing, creation: FileCreation = FileCreation(), attempts: Int = 10,
        wait: Duration = .seconds(10), root: String? = nil, settings: WriteSettings = WriteSettings(),
        _ body: (borrowing WritableFile) throws(ServiceError) -> R
    ) throws(ServiceError) -> R {
        try write(
            path, mode: mode, creation: creation, attempts: attempts, wait: wait, root: root, settings: settings,
            held: nil, body)
    }

    /// The same where another file may take part that somebody else has locked.
    /// - Parameter held: A descriptor of that file.
    package static func write<R>(
        _ path: String, mode: WriteMode = .existing, creation: FileCreation = FileCreation(), attempts: Int,
        wait: Duration, root: String? = nil, settings: WriteSettings = WriteSettings(), held: Int32?,
        _ body: (borrowing WritableFile) throws(ServiceError) -> R
    ) throws(ServiceError) -> R {
        let isThere = exists(path)
        let spill = SpillFile(beside: path)
        var settings = settings
        if settings.spillFile == nil { settings.spillFile = spill.descriptor }
        if isThere, mode == .create { throw taken(path) }
        if !isThere, mode != .existing { return try make(path, creation, settings, root, attempts, wait, body) }
        let locked = try lock(path, .exclusive, attempts, wait)
        return try write(
            path, lockedAs: locked.descriptor, creating: mode == .replace ? creation : nil, attempts: attempts,
            wait: wait, root: root, settings: settings, held: held, body)
    }

    /// Writes the file at `path` behind a descriptor that somebody else has locked exclusively and closes.
    /// - Parameters:
    ///   - creating: Makes the file anew; nil opens what is there.
    ///   - held: A descriptor of another file that takes part, which somebody else has locked too.
    /// - Throws: As `write`.
    package static func write<R>(
        _ path: String, lockedAs descriptor: Int32, creating: FileCreation? = nil, attempts: Int, wait: Duration,
        root: String? = nil, settings: WriteSettings = WriteSettings(), held: Int32? = nil,
        _ body: (borrowing WritableFile) throws(ServiceError) -> R
    ) throws(ServiceError) -> R {
        let mayWriteThrough = settings.mayWriteThrough
        var settings = settings
        settings.mayWriteThrough = { (try? recheck(descriptor, path)) != nil && mayWriteThrough() }
        let files = try LocalFiles(of: path, descriptor, root: root, held: held, attempts, wait)
        return try write(
            descriptor: descriptor, name: files.ownName, creating: creating,
            settings: settings, others: { name throws(ServiceError) in try files.open(name) },
            beforeCommit: { _ throws(ServiceError) in try recheck(descriptor, path) }
        ) { file throws(ServiceError) in try staying(body, file) }
    }

    /// Runs a body that does not follow external links, and says why.
    private static func staying<R>(
        _ body: (borrowing WritableFile) throws(ServiceError) -> R, _ file: borrowing WritableFile
    ) throws(ServiceError) -> R {
        do throws(ServiceError) {
            return try body(file)
        } catch {
            if error.elsewhere == nil { throw error }
            throw ServiceError(
                error.code, "\(error.message): one transaction writes one file", elsewhere: error.elsewhere)
        }
    }

    /// Writes the file behind a descriptor that somebody else has locked exclusively and closes.
    /// - Parameters:
    ///   - descriptor: Open for reading and writing, and locked for longer than the call.
    ///   - name: The file's name below the served root; for messages, and the only name that opens.
    ///   - creating: Makes the file anew; nil opens what is there.
    ///   - others: Opens other files that parts of this one lie in, to be read.
    ///   - beforeCommit: Called when `body` is done, libhdf5 has closed the file and there is something to commit, to which
    ///     it can add; an error leaves the file as it was.
    /// - Throws: `not_hdf5`, `locked`, `unavailable`, `unsupported`, `damaged`, `out_of_space`; and what `body` and
    ///   `beforeCommit` throw.
    public static func write<R>(
        descriptor: Int32, name: String, creating: FileCreation? = nil, settings: WriteSettings = WriteSettings(),
        others: OtherFiles? = nil,
        beforeCommit: (borrowing FurtherWrites) throws(ServiceError) -> Void = { _ in },
        _ body: (borrowing WritableFile) throws(ServiceError) -> R
    ) throws(ServiceError) -> R {
        try ProcessLock.withLock { () throws(ServiceError) in
            let transaction = try begin(descriptor, name, creating != nil, settings)
            defer { transaction.abandon() }
            let value = try change(transaction, descriptor, name, creating, others, body)
            let further = FurtherWrites(
                transaction: transaction, descriptor: descriptor, name: name, others: others)
            try commit(transaction, name) { () throws(ServiceError) in try beforeCommit(further) }
            return value
        }
    }

    /// Runs `body` on the file as the transaction has it.
    static func change<R>(
        _ transaction: Transaction, _ descriptor: Int32, _ name: String, _ creating: FileCreation?,
        _ others: OtherFiles?, _ body: (borrowing WritableFile) throws(ServiceError) -> R
    ) throws(ServiceError) -> R {
        let file = try WritableFile(
            descriptor: descriptor, name: name, transaction: transaction, creating: creating, others: others)
        let result = run(body, file)
        do throws(ServiceError) {
            try file.close()
        } catch {
            _ = try result.get()
            throw failure(of: transaction, name) ?? error
        }
        return try result.get()
    }

    static func begin(
        _ descriptor: Int32, _ name: String, _ startsEmpty: Bool, _ settings: WriteSettings
    ) throws(ServiceError) -> Transaction {
        do {
            return try Transaction(
                descriptor: descriptor, startsEmpty: startsEmpty, settings: settings.transaction)
        } catch {
            throw ServiceError(HDF5Error(error, "\(name) cannot be written"))
        }
    }

    /// Why the transaction could not go on: what libhdf5 makes of it says less.
    private static func failure(of transaction: Transaction, _ name: String) -> ServiceError? {
        transaction.failure.map { ServiceError(HDF5Error($0, "\(name) cannot be written")) }
    }

    static func commit(
        _ transaction: Transaction, _ name: String, _ beforeCommit: () throws(ServiceError) -> Void
    ) throws(ServiceError) {
        let failed = { (error: RedoLogError) in ServiceError(HDF5Error(error, "\(name) cannot be written")) }
        do throws(RedoLogError) {
            if let failure = transaction.failure { throw failure }
            guard try transaction.hasChanges else { return }
        } catch {
            throw failed(error)
        }
        try beforeCommit()
        do {
            try transaction.commit()
        } catch {
            throw failed(error)
        }
    }
}

// MARK: - By name

extension LockedFile {
    /// Makes a file that is not there.
    private static func make<R>(
        _ path: String, _ creation: FileCreation, _ settings: WriteSettings, _ root: String?, _ attempts: Int,
        _ wait: Duration, _ body: (borrowing WritableFile) throws(ServiceError) -> R
    ) throws(ServiceError) -> R {
        let file = try newFile(path)
        let files = try LocalFiles(of: path, file.descriptor, root: root, attempts, wait)
        let value = try write(
            descriptor: file.descriptor, name: files.ownName, creating: creation, settings: settings,
            others: { name throws(ServiceError) in try files.open(name) }
        ) { file throws(ServiceError) in try staying(body, file) }
        if try !publish(file, isDurable: settings.durability == .power) { throw taken(path) }
        return value
    }

    static func newFile(_ path: String) throws(ServiceError) -> NewFile {
        do {
            return try NewFile(path)
        } catch {
            throw ServiceError(error)
        }
    }

    private static func publish(_ file: borrowing NewFile, isDurable: Bool) throws(ServiceError) -> Bool {
        do {
            return try file.publish(isDurable: isDurable)
        } catch {
            throw ServiceError(error)
        }
    }

    private static func taken(_ path: String) -> ServiceError {
        ServiceError(.exists, "\(lastComponent(path)) exists already")
    }

    private static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }

    /// A lock can get lost on a network file system, and a name can go to another file while we write.
    static func recheck(_ descriptor: Int32, _ path: String) throws(ServiceError) {
        do {
            if try FileLock.tryLock(descriptor: descriptor, mode: .exclusive),
                try FileLock.isSameFile(descriptor, as: path)
            {
                return
            }
        } catch {
            throw ServiceError(error)
        }
        throw ServiceError(
            .unavailable, "\(lastComponent(path)) was replaced or its lock was lost while it was being written")
    }
}
