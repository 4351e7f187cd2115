import ArgumentParser
import H5Model
import HTTPMessage

/// `lockedh5 repack`: rewrites files without unused space.
struct RepackCommand: FileCommand {
    static let configuration = CommandConfiguration(
        commandName: "repack", abstract: "Rewrite files without the space that nothing in them needs.",
        discussion: """
            The file is locked exclusively and replaced as a whole, or not at all. Everything to which a path leads is kept \
            as it is; references to anything else become null.

            \(ExitStatus.help)
            """)

    @Argument(help: "The files.", completion: .file())
    var paths: [String]

    @OptionGroup var options: CommonOptions

    func perform(_ backends: Backends, _ output: Output) throws(CommandError) -> Int32 {
        try each(paths, backends, output) { subject throws(CommandError) in
            guard subject.found.kind == .file else { throw CommandError(.wrongKind, "only whole files are repacked") }
            let report = try subject.backend.change(.repack(subject.found)) ?? .null
            if options.json { return try output.json(report) }
            let (before, after) = (report["before"]?.integer ?? 0, report["after"]?.integer ?? 0)
            try output.line(
                "\(Words.printable(subject.address.text)): \(Words.size(before)) before, \(Words.size(after)) now")
        }
    }
}
