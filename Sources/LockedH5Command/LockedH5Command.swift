import ArgumentParser

struct LockedH5Command: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lockedh5",
        abstract: "HDF5 files, here or at a server, each under the lock that HDF5 programs take.",
        discussion: """
            \(Help.address) lockedh5 help COMMAND tells more; --generate-completion-script SHELL completes commands in bash, \
            zsh or fish.
            """,
        version: "0.1.0",
        subcommands: [RoutesCommand.self, ZygoteCommand.self],
        groupedSubcommands: [
            CommandGroup(
                name: "Reading",
                subcommands: [
                    ListCommand.self, TreeCommand.self, InfoCommand.self, CatCommand.self, DiffCommand.self,
                ]),
            CommandGroup(
                name: "Changing",
                subcommands: [
                    SetCommand.self, MakeCommand.self, CopyCommand.self, MoveCommand.self, RemoveCommand.self,
                    RepackCommand.self,
                ]),
            CommandGroup(name: "Carrying", subcommands: [GetCommand.self, PutCommand.self]),
            CommandGroup(name: "Locking", subcommands: [LockCommand.self, LocksCommand.self, RepairCommand.self]),
            CommandGroup(name: "Serving", subcommands: [ServeCommand.self]),
        ])
}
