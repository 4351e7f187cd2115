import ArgumentParser
import H5Model
import HTTPMessage
import LockedH5Client
import HTTPTypes

/// `lockedh5 mkdir`: makes groups, directories and empty files.
struct MakeCommand: FileCommand {
    static let configuration = CommandConfiguration(
        commandName: "mkdir", abstract: "Make groups in files, directories, or empty files.",
        discussion: """
            \(Help.address)

            Inside a file a group is made, with the groups on the way to it; outside a directory, or with --file an empty \
            HDF5 file.

            \(ExitStatus.help)
            """)

    @Flag(name: .short, help: "No error where it is there already; directories on the way are made.")
    var parents = false

    @Flag(help: "An empty HDF5 file.")
    var file = false

    @Argument(help: "What is to be made.", completion: .file())
    var paths: [String]

    @OptionGroup var options: CommonOptions

    func validate() throws {
        if file, parents { throw ValidationError("-p is for directories and groups, without --file") }
    }

    func perform(_ backends: Backends, _ output: Output) throws(CommandError) -> Int32 {
        try eachText(paths, output, backends) { path throws(CommandError) in try make(path, backends, output) }
    }

    private func make(_ path: String, _ backends: Backends, _ output: Output) throws(CommandError) {
        let address = try backends.address(path)
        let backend = try backends.backend(for: address)
        let answer: JSONTree?
        let found = try backend.findIfThere(address)
        if file, let found {
            let reason = found.kind == .object ? "is a file: inside it groups are made" : "exists already"
            throw CommandError(.exists, "\(found.fileText) \(reason)")
        }
        if let found, found.kind == .object {
            let call = Call(.put, "groups", found.file, found.object).with("require", parents ? "true" : nil)
            answer = try backend.document(call)
        } else if file {
            answer = try backend.change(.makeFile(address.entry))
        } else {
            answer = try backend.change(.makeDirectory(address.entry, withParents: parents))
        }
        if options.json, let answer, answer != .null { try output.json(answer) }
    }
}

extension Backend {
    /// Nil where there is nothing.
    func findIfThere(_ address: Address) throws(CommandError) -> Found? {
        do throws(CommandError) {
            return try find(address)
        } catch {
            if error.code == .notFound { return nil }
            throw error
        }
    }
}

extension Address {
    /// The path of an entry that may not be there yet, as its backend takes it.
    var entry: [UInt8] {
        switch place {
        case .here(let path): Array(path.utf8)
        case .served(let served): ServedPath(names: served.names).bytes
        }
    }
}
