import ArgumentParser
import H5Model
import HTTPMessage

/// `lockedh5 cp`: copies files, and objects within and between files.
struct CopyCommand: FileCommand {
    static let configuration = CommandConfiguration(
        commandName: "cp", abstract: "Copy a file, or an object within or between files.",
        discussion: """
            \(Help.address)

            Both are here, or at one server. A slash at the end of TARGET means a copy of the same name inside. What is there \
            is never replaced. An object is copied with everything below it; FILE/ is a file's root group.

            \(ExitStatus.help)
            """)

    @Flag(help: "Of a group the members too, but not theirs.")
    var shallow = false

    @Flag(help: "Objects in the place of soft links to them.")
    var expandSoft = false

    @Flag(help: "Objects in the place of external links to them.")
    var expandExternal = false

    @Flag(help: "Copies too of what object references lead to.")
    var expandReferences = false

    @Flag(help: "No attributes.")
    var withoutAttributes = false

    @Argument(help: "The file or object.", completion: .file())
    var source: String

    @Argument(help: "Its copy.", completion: .file())
    var target: String

    @OptionGroup var options: CommonOptions

    private var flags: [String] {
        let flags = [
            ("shallow", shallow), ("expandSoft", expandSoft), ("expandExternal", expandExternal),
            ("expandReferences", expandReferences), ("withoutAttributes", withoutAttributes),
        ]
        return flags.filter(\.1).map(\.0)
    }

    func perform(_ backends: Backends, _ output: Output) throws(CommandError) -> Int32 {
        let place = try Target(source, target, backends)
        let (found, backend) = (place.source.found, place.source.backend)
        try backends.naming("\(source) to \(target)") { () throws(CommandError) in
            let answer: JSONTree?
            if let entry = place.entry {
                if found.kind == .directory { throw CommandError(.wrongKind, "directories are not copied") }
                if let flag = flags.first {
                    throw CommandError(.invalid, "\(flag) is for objects, not for a whole file")
                }
                answer = try backend.change(.copyFile(found, to: entry))
            } else {
                answer = try backend.change(.copyObject(found, to: place.found, options: flags))
            }
            if options.json, let answer, answer != .null { try output.json(answer) }
        }
        return 0
    }
}
