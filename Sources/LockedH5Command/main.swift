import ArgumentParser
import Glibc

// A synchronous entry: the zygote forks, and may have no second thread when it does.
do {
    var command = try LockedH5Command.parseAsRoot()
    try command.run()
} catch {
    let isUsage = LockedH5Command.exitCode(for: error) == .validationFailure
    guard isUsage else { LockedH5Command.exit(withError: error) }
    // 2, as shells and most programs have it, not the parser's own 64.
    writeLine(LockedH5Command.fullMessage(for: error), to: 2)
    exit(2)
}
