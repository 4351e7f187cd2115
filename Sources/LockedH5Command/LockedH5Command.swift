import ArgumentParser

struct LockedH5Command: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lockedh5",
        abstract: "Serves HDF5 files in place over HTTP, under the lock that HDF5 programs take.",
        version: "0.1.0",
        subcommands: [
            ListCommand.self, TreeCommand.self, InfoCommand.self, CatCommand.self, SetCommand.self, MakeCommand.self,
            CopyCommand.self, MoveCommand.self, RemoveCommand.self, RepackCommand.self, DiffCommand.self,
            ServeCommand.self,
            LockCommand.self, LocksCommand.self, RepairCommand.self, RoutesCommand.self,
            ZygoteCommand.self,
        ])
}
