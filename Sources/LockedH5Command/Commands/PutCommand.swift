import ArgumentParser
import H5Model
import HTTPMessage

/// `lockedh5 put`: carries whole files to a server.
struct PutCommand: FileCommand {
    static let configuration = CommandConfiguration(
        commandName: "put", abstract: "Upload whole files.",
        discussion: """
            The file appears under its name complete and readable, or not at all. Requests that fail are sent again where the \
            server has what came before; after an error --continue goes on, within an hour, with the same file. On a terminal \
            a bar tells how far it is; at the end the file's SHA-256 is written.

            \(ExitStatus.help)
            """)

    @Flag(help: "Replace a file that is there, under its exclusive lock.")
    var replace = false

    @Flag(name: .short, help: "Make the directories on the way.")
    var parents = false

    @Flag(name: .customLong("continue"), help: "Go on with an upload of the same file that was broken off.")
    var goesOn = false

    @Flag(help: "Read the file at the server once more at the end, and compare.")
    var verify = false

    @OptionGroup var options: CommonOptions

    @Argument(help: "The file here.", completion: .file())
    var source: String

    @Argument(help: "Its place at a server; with a slash at the end the directory.", completion: .file())
    var target: String

    func perform(_ backends: Backends, _ output: Output) throws(CommandError) -> Int32 {
        try backends.naming("\(source) to \(target)") { () throws(CommandError) in
            let local = try backends.subject(source)
            guard case .here = local.address.place, local.found.kind == .file else {
                throw CommandError(.wrongKind, "\(source) is no file of this machine")
            }
            let address = try place(backends)
            let report = try Transfer(options: options, verifies: verify).put(
                source, to: address, backends, isNew: !replace, goesOn: goesOn, makesParents: parents)
            if options.json { try output.json(report.json) } else { try output.line(report.text) }
        }
        return 0
    }

    /// The address of the file that is to be.
    private func place(_ backends: Backends) throws(CommandError) -> Address {
        let address = try backends.address(target)
        let there = try backends.backend(for: address).findIfThere(address)
        if address.endsWithSlash || there?.kind == .directory {
            let name = Array(source.lastComponent.utf8)
            let isServed = if case .served = address.place { true } else { false }
            let last = isServed ? PercentCoding.encode(name) : source.lastComponent
            return try backends.address(target + (target.hasSuffix("/") ? "" : "/") + last)
        }
        guard let there else { return address }
        if there.kind == .object {
            throw CommandError(.wrongKind, "\(there.fileText) is a file, in which a file cannot be")
        }
        if !replace { throw CommandError(.exists, "\(there.fileText) is there already: --replace") }
        return address
    }
}
