import ArgumentParser
import Glibc
import H5Model
import LockedH5Client
import Synchronization

/// A command that runs under a lease of a server: the lease is kept by tasks, the command by the main thread.
final class LeaseSession {
    /// What the tasks tell the main thread.
    private enum Message: Sendable {
        /// The lease was had: the command may start; its status is waited for, nil for one that was not started.
        case start([String: String], CheckedContinuation<Int32?, Never>)
        /// The lease is lost.
        case lost
        /// The lease was not had, or has ended.
        case end(Result<Int32?, any Error>)
    }

    /// Messages, and the bell that is rung for each.
    private final class Mailbox: Sendable {
        let bell = Doorbell()
        private let messages = Mutex<[Message]>([])

        func put(_ message: Message) {
            messages.withLock { $0.append(message) }
            bell.ring()
        }

        func take() -> [Message] {
            messages.withLock { messages in
                defer { messages = [] }
                return messages
            }
        }
    }

    private let options: LockCommand
    private let served: LockSubject.ServedFile
    private let mailbox = Mailbox()
    private let process: CommandProcess
    private var whenEnded: CheckedContinuation<Int32?, Never>?
    private var isLost = false
    private var hasRun = false
    /// A signal that came before the command was there.
    private var interruption: Int32?
    private var failure: CommandProcess.NotStarted?

    init(_ options: LockCommand, _ served: LockSubject.ServedFile) {
        self.options = options
        self.served = served
        process = CommandProcess(bell: mailbox.bell)
    }

    /// Takes the lease, runs the command and releases the lease.
    /// - Returns: The status to end with.
    func run() throws -> Int32 {
        let task = try keepLease()
        while true {
            switch process.next() {
            case .ended(let status): finish(status)
            case .signal(let signal) where process.isRunning: process.send(signal)
            case .signal(let signal):
                // What comes after the command's end cannot change how that ended.
                if hasRun { continue }
                interruption = signal
                task.cancel()
            case .ring:
                for message in mailbox.take() {
                    if case .end(let result) = message { return status(of: result) }
                    obey(message)
                }
            }
        }
    }

    private func keepLease() throws -> Task<Void, Never> {
        let client: HDF5Client
        do {
            client = try HDF5Client(url: served.server)
        } catch {
            throw LockCommand.failure("\(error)")
        }
        return Task { [options, served, mailbox] in
            do {
                let status = try await client.withFile(
                    served.file, options.shared ? .shared : .exclusive, wait: .seconds(options.wait),
                    ttl: options.ttl.map { .seconds($0) }, creating: options.create
                ) { file in
                    let variables = [
                        "LOCKEDH5_URL": "\(served.server)", "LOCKEDH5_FILE": "\(file.servedPath)",
                        "LOCKEDH5_TOKEN": file.token,
                    ]
                    return await withTaskCancellationHandler {
                        await withCheckedContinuation { mailbox.put(.start(variables, $0)) }
                    } onCancel: {
                        mailbox.put(.lost)
                    }
                }
                mailbox.put(.end(.success(status)))
            } catch {
                mailbox.put(.end(.failure(error)))
            }
        }
    }

    private func obey(_ message: Message) {
        switch message {
        case .start(let variables, let whenEnded):
            self.whenEnded = whenEnded
            if isLost || interruption != nil { return finish(nil) }
            do {
                try process.start(options.command, variables: variables)
                hasRun = true
            } catch {
                failure = error
                finish(nil)
            }
        case .lost:
            isLost = true
            guard process.isRunning, interruption == nil else { return }
            writeLine("lockedh5: the lease of \(served.file) was lost, the command is ended", to: 2)
            process.send(SIGTERM)
        case .end: break
        }
    }

    private func finish(_ status: Int32?) {
        whenEnded?.resume(returning: status)
        whenEnded = nil
    }

    /// What to end with, and a sentence where it is not the command's own status.
    private func status(of result: Result<Int32?, any Error>) -> Int32 {
        if let interruption { return 128 + interruption }
        if let failure {
            writeLine("lockedh5: \(failure)", to: 2)
            return failure.status
        }
        switch result {
        case .success(let status): return status ?? 1
        case .failure(let error as HDF5ClientError):
            writeLine("lockedh5: \(error)", to: 2)
            if hasRun { return LockCommand.lostStatus }
            return error.code == .locked ? options.conflictExitCode : 1
        case .failure(let error):
            writeLine("lockedh5: \(error)", to: 2)
            return hasRun ? LockCommand.lostStatus : 1
        }
    }
}
