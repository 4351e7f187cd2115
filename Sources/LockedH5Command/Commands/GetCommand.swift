import ArgumentParser
import Glibc
import H5Model

/// `lockedh5 get`: fetches whole files.
struct GetCommand: FileCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Download whole files.",
        discussion: """
            The file appears under its name as it was at one moment, when it is complete. A download that was broken off goes \
            on where it was when it is asked for again, from a file .NAME.*.part beside the target. On a terminal a bar tells \
            how far it is; at the end the file's SHA-256 is written.

            \(ExitStatus.help)
            """)

    @Flag(help: "Replace a file that is there.")
    var replace = false

    @Flag(help: "Read the file at the server once more at the end, and compare.")
    var verify = false

    @OptionGroup var options: CommonOptions

    @Argument(help: "The file at a server.", completion: .file())
    var source: String

    @Argument(help: "The file or directory here. (default: the same name)", completion: .file())
    var target: String = "."

    func perform(_ backends: Backends, _ output: Output) throws(CommandError) -> Int32 {
        try backends.naming(source) { () throws(CommandError) in
            let subject = try backends.subject(source)
            let path = try Self.path(target, for: subject.found)
            if !replace, access(path, F_OK) == 0 { throw CommandError(.exists, "\(path) is there already: --replace") }
            let report = try Transfer(options: options, verifies: verify).get(
                subject, to: path, isNew: !replace)
            if options.json { try output.json(report.json) } else { try output.line(report.text) }
        }
        return 0
    }

    private static func path(_ target: String, for found: Found) throws(CommandError) -> String {
        if case .here(let path) = (try? Address(target))?.place {
            var status = stat()
            let isThere = stat(path, &status) == 0
            guard isThere, status.st_mode & S_IFMT == S_IFDIR else {
                if !path.hasSuffix("/") { return path }
                throw CommandError(isThere ? .wrongKind : .notFound, "\(path) is no directory")
            }
            guard let name = String(validating: found.file, as: UTF8.self) else {
                throw CommandError(.invalid, "its name is not UTF-8: say the one that the file is to have here")
            }
            let directory = path == "." ? "" : path.hasSuffix("/") ? path : path + "/"
            return directory + name.lastComponent
        }
        throw CommandError(.invalid, "\(target) is not here: lockedh5 put carries files to a server")
    }
}
