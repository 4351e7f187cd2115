import ArgumentParser
import Glibc
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
        if !attribute.isEmpty { return try removeAttributes(subject) }
        guard found.kind == .object else {
            try subject.backend.change(.remove(found))
            return
        }
        if found.object.isRoot {
            throw CommandError(.invalid, "the root group is not removed; \(found.fileText) without a slash is the file")
        }
        let call = Call(.delete, "links", found.file, found.object)
        guard !recursive else {
            _ = try subject.backend.document(call)
            return
        }
        try subject.changeUnchanged { () throws(CommandError) in
            try checkEmpty(subject)
            return call
        }
    }

    /// All of them in one transaction, or none.
    private func removeAttributes(_ subject: Subject) throws(CommandError) {
        let (file, backend) = (subject.found.file, subject.backend)
        var names: [String] = []
        for name in attribute where !names.contains(name) { names.append(name) }
        let calls = names.map { Call(.delete, "attributes", file, subject.found.object).with("name", $0) }
        guard calls.count > 1 else {
            for call in calls { _ = try backend.document(call) }
            return
        }
        guard force else {
            _ = try backend.document(backend.batch(calls, file))
            return
        }
        try subject.changeUnchanged { () throws(CommandError) in
            var there: [Call] = []
            for call in calls where try backend.isAttributeThere(call) { there.append(call) }
            return there.isEmpty ? nil : backend.batch(there, file)
        }
    }

    private func checkEmpty(_ subject: Subject) throws(CommandError) {
        let link = try subject.backend.document(subject.call("links"))
        guard link["link"]?.text == "hard", link["kind"]?.text == "group" else { return }
        // A link may stay as it is while the group gets members: the state is to be that of the group.
        subject.backend.beginAnew(subject.found.file)
        let group = try subject.backend.document(subject.call("groups").with("limit", "1"))
        if let count = group["memberCount"]?.integer, count > 0 {
            let members = count == 1 ? "a member: -r removes both" : "\(count) members: -r removes it with them"
            throw CommandError(.wrongKind, "the group has \(members)")
        }
    }
}

extension Subject {
    private var looks: Int { 20 }

    /// Changes a file by what `look` makes of it, if it is still as it was then; else looks again.
    /// - Parameter look: Nil where nothing is to be done.
    /// - Throws: `precondition_failed` where the file is changed all the time.
    fileprivate func changeUnchanged(_ look: () throws(CommandError) -> Call?) throws(CommandError) {
        for _ in 0..<looks {
            backend.beginAnew(found.file)
            do throws(CommandError) {
                guard var call = try look() else { return }
                call.isPinned = true
                if backend.knowsState(found.file) {
                    _ = try backend.document(call)
                    return
                }
            } catch {
                if error.code != .preconditionFailed { throw error }
            }
            // For 20 ms after a change nobody can tell the state from the one before.
            usleep(25_000)
        }
        throw CommandError(.preconditionFailed, "\(found.fileText) is changed all the time")
    }
}

extension Backend {
    /// Whether there is the attribute that a call removes.
    fileprivate func isAttributeThere(_ call: Call) throws(CommandError) -> Bool {
        var call = call
        call.method = .get
        do throws(CommandError) {
            _ = try bytes(call)
            return true
        } catch {
            switch error.code {
            case .notFound: return false
            case .tooLarge, .unsupported: return true
            default: throw error
            }
        }
    }
}
