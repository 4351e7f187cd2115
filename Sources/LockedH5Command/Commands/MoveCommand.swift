import ArgumentParser
import H5Model
import HDF5JSON
import HTTPMessage
import HTTPTypes

/// `lockedh5 mv`: renames files and directories, and moves objects within a file.
struct MoveCommand: FileCommand {
    static let configuration = CommandConfiguration(
        commandName: "mv", abstract: "Rename a file or directory, or move an object within its file.",
        discussion: """
            \(Help.address)

            A slash at the end of TARGET means the same name inside. What is there is never replaced.

            \(ExitStatus.help)
            """)

    @Argument(help: "What is to be moved.", completion: .file())
    var source: String

    @Argument(help: "Where to.", completion: .file())
    var target: String

    @OptionGroup var options: CommonOptions

    func perform(_ backends: Backends, _ output: Output) throws(CommandError) -> Int32 {
        let place = try Target(source, target, backends)
        let (found, backend) = (place.source.found, place.source.backend)
        try backends.naming("\(source) to \(target)") { () throws(CommandError) in
            if let entry = place.entry {
                if let answer = try backend.change(.rename(found, to: entry)), options.json { try output.json(answer) }
                return
            }
            guard try backend.isSameFile(found, place.found) else {
                throw CommandError(.unsupported, "an object is moved within its file: between files copy and remove it")
            }
            var json = JSONWriter()
            json.object { $0.member("path", name: place.found.object.bytes) }
            let answer = try backend.document(Call(.patch, "links", found.file, found.object).with(json: json.bytes))
            if options.json { try output.json(answer) }
        }
        return 0
    }
}
