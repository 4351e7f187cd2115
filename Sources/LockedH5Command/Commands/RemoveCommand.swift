import ArgumentParser
import H5Model
import HTTPMessage
import HTTPTypes

/// `lockedh5 rm`: removes links to objects, attributes, files and empty directories.
struct RemoveCommand: FileCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Remove objects, attributes, files, or empty directories.",
        discussion: """
            \(Help.address)

            In a file a link is removed, and with the last one to it the object; its space is used again, or given back by \
            lockedh5 repack. A group that has members needs -r.

            \(ExitStatus.help)
            """)

    @Flag(name: .short, help: "Groups with all that is in them.")
    var recursive = false

    @Flag(name: .short, help: "No error where there is nothing.")
    var force = false

    @Option(name: [.short, .long], help: "An attribute of it; may be repeated.")
    var attribute: [String] = []

    @Argument(help: "What is to be removed.", completion: .file())
    var paths: [String]

    @OptionGroup var options: CommonOptions

    func perform(_ backends: Backends, _ output: Output) throws(CommandError) -> Int32 {
        try eachText(paths, output, backends, ignoring: force ? .notFound : nil) { path throws(CommandError) in
            try remove(try backends.subject(path))
        }
    }

    private func remove(_ subject: Subject) throws(CommandError) {
        let found = subject.found
        if !attribute.isEmpty {
            for name in attribute {
                let call = Call(.delete, "attributes", found.file, found.object).with("name", name)
                _ = try subject.backend.document(call)
            }
            return
        }
        guard found.kind == .object else {
            try subject.backend.change(.remove(found))
            return
        }
        if found.object.isRoot {
            throw CommandError(.invalid, "the root group is not removed; \(found.fileText) without a slash is the file")
        }
        if !recursive { try checkEmpty(subject) }
        _ = try subject.backend.document(Call(.delete, "links", found.file, found.object))
    }

    private func checkEmpty(_ subject: Subject) throws(CommandError) {
        let link = try subject.backend.document(subject.call("links"))
        guard link["link"]?.text == "hard", link["kind"]?.text == "group" else { return }
        let group = try subject.backend.document(subject.call("groups").with("limit", "1"))
        if let count = group["memberCount"]?.integer, count > 0 {
            let members = count == 1 ? "a member: -r removes both" : "\(count) members: -r removes it with them"
            throw CommandError(.wrongKind, "the group has \(members)")
        }
    }
}
