import ArgumentParser
import Glibc
import H5Model
import HTTPMessage
import HTTPTypes

/// `lockedh5 set`: writes values of a dataset, or an attribute.
struct SetCommand: FileCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Write values into a dataset, or an attribute.",
        usage: "lockedh5 set [OPTION ...] PATH VALUE\n       lockedh5 set [OPTION ...] --from FILE PATH",
        discussion: """
            \(Help.address)

            VALUE is JSON: 42, [1, 2, 3], '"a text"'; with --text it is the text itself. One value fills all of the \
            selection. An attribute is made where it is not there, with the datatype that fits its value or --datatype. All \
            of it is written, or nothing.

            \(ExitStatus.help)
            """)

    @OptionGroup var options: CommonOptions

    @Option(name: [.short, .long], help: "The elements: 0:10,5,::2. (default: all)")
    var select: String?

    @Option(name: [.short, .long], help: "A field of compound values; may be repeated.")
    var field: [String] = []

    @Option(name: [.short, .long], help: "An attribute instead of the values.")
    var attribute: String?

    @Option(help: "The attribute's datatype: <f4, int64, S10, str, ...")
    var datatype: String?

    @Flag(help: "The value is a text as it is, not JSON.")
    var text = false

    @Option(help: "A file that has the values; - for standard input.")
    var from: String?

    @Option(help: "The format of that file: json, octet-stream (row-major, the stored byte order). (default: json)")
    var format: SetFormat = .json

    @Argument(help: "The dataset, or what is to have the attribute.")
    var path: String

    @Argument(help: "The value.")
    var value: String?

    func validate() throws {
        if (value == nil) == (from == nil) {
            throw ValidationError("say the value, or with --from the file that has it")
        }
        if text, value == nil { throw ValidationError("--text is for a value that is given") }
        if datatype != nil, attribute == nil {
            throw ValidationError("--datatype is an attribute's: a dataset has its own")
        }
        if attribute != nil, select != nil || !field.isEmpty {
            throw ValidationError("--select and --field are for datasets: an attribute is written as a whole")
        }
        if from == nil, format != .json { throw ValidationError("--format is for a file, with --from") }
    }

    func perform(_ backends: Backends, _ output: Output) throws(CommandError) -> Int32 {
        try backends.naming(path) { () throws(CommandError) in
            let subject = try backends.subject(path)
            var call = Call(
                .put, attribute == nil ? "values" : "attributes", subject.found.file, subject.found.object)
            for (name, value) in [("name", attribute), ("select", select), ("datatype", datatype)] {
                call = call.with(name, value)
            }
            for name in field { call = call.with("field", name) }
            call.body = Call.Body(isJSON: format == .json, bytes: try content())
            let answer = try subject.backend.document(call)
            if options.json, answer != .null { try output.json(answer) }
        }
        return 0
    }

    private func content() throws(CommandError) -> [UInt8] {
        guard let value else { return try InputFile.read(from ?? "-") }
        if text {
            var json = JSONWriter()
            json.string(value)
            return json.bytes
        }
        let bytes = Array(value.utf8)
        guard (try? JSONTree(answer: bytes)) != nil else {
            throw CommandError(.invalid, "\(value.abbreviated) is not JSON: a text is '\"...\"', or has --text")
        }
        return bytes
    }
}

/// What a file with values has.
enum SetFormat: String, CaseIterable, ExpressibleByArgument {
    case json
    case octetStream = "octet-stream"
}

/// A file that a command reads.
enum InputFile {
    /// All of a file; `-` is standard input.
    static func read(_ path: String) throws(CommandError) -> [UInt8] {
        let descriptor = path == "-" ? dup(0) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreadable(path) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            if count < 0 { throw unreadable(path) }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
        }
    }

    private static func unreadable(_ path: String) -> CommandError {
        let code: ErrorCode = errno == ENOENT ? .notFound : errno == EACCES ? .forbidden : .internal
        return CommandError(code, "\(path) cannot be read: \(String(cString: strerror(errno)))")
    }
}
