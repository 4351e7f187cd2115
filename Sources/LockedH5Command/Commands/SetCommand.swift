import ArgumentParser
import Glibc
import H5Model
import HTTPMessage
import HTTPTypes
import Routes

/// `lockedh5 set`: writes values of a dataset, or an attribute.
struct SetCommand: FileCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Write values into a dataset, or an attribute.",
        usage: "lockedh5 set [OPTION ...] PATH VALUE\n       lockedh5 set [OPTION ...] --from FILE PATH",
        discussion: """
            \(Help.address)

            VALUE is JSON: 42, [1, 2, 3], '"a text"'; with --text it is the text itself. One value fills all of the \
            selection. An attribute is made where it is not there, with the datatype that fits its value or --datatype. All \
            of it is written, or nothing. --create makes a dataset of the values, which must not be there yet. A value that \
            begins with a minus comes behind --: lockedh5 set FILE.h5/t -- -5.

            \(ExitStatus.help)
            """)

    @Option(name: [.short, .long], help: "The elements: 0:10,5,::2. (default: all)")
    var select: String?

    @Option(name: [.short, .long], help: "A field of compound values; may be repeated.")
    var field: [String] = []

    @Option(name: [.short, .long], help: "An attribute instead of the values.")
    var attribute: String?

    @Option(help: "The datatype of a new attribute or dataset: <f4, int64, S10, str, ...")
    var datatype: String?

    @Flag(help: "The value is a text as it is, not JSON.")
    var text = false

    @Option(help: "A file that has the values; - for standard input.", completion: .file())
    var from: String?

    @Option(
        help: """
            The format of that file: json, npy (NumPy's), octet-stream (row-major, the stored byte order). (default: npy for \
            FILE.npy, else json)
            """)
    var format: SetFormat?

    @Flag(help: "Make a dataset.")
    var create = false

    @Argument(help: "The dataset, or what is to have the attribute.", completion: .file())
    var path: String

    @Argument(help: "The value.")
    var value: String?

    @OptionGroup var options: CommonOptions

    func validate() throws {
        if (value == nil) == (from == nil) {
            throw ValidationError("say the value, or with --from the file that has it")
        }
        if text, value == nil { throw ValidationError("--text is for a value that is given") }
        if datatype != nil, attribute == nil, !create {
            throw ValidationError("--datatype is of what is made: an attribute, or with --create a dataset")
        }
        if create, attribute != nil || select != nil || !field.isEmpty {
            throw ValidationError("--create is for whole datasets, without --attribute, --select and --field")
        }
        if attribute != nil, select != nil || !field.isEmpty {
            throw ValidationError("--select and --field are for datasets: an attribute is written as a whole")
        }
        if from == nil, format != nil { throw ValidationError("--format is for a file, with --from") }
    }

    func perform(_ backends: Backends, _ output: Output) throws(CommandError) -> Int32 {
        try backends.naming(path) { () throws(CommandError) in
            let subject = try backends.subject(path)
            var call = Call(.put, resource, subject.found.file, subject.found.object)
            for (name, value) in [("name", attribute), ("select", select), ("datatype", create ? nil : datatype)] {
                call = call.with(name, value)
            }
            for name in field { call = call.with("field", name) }
            call.body = try body()
            let answer = try subject.backend.document(call)
            if options.json, answer != .null { try output.json(answer) }
        }
        return 0
    }

    private var resource: String { create ? "datasets" : attribute == nil ? "values" : "attributes" }

    private func body() throws(CommandError) -> Call.Body {
        let form = (format ?? (from?.hasSuffix(".npy") == true ? .npy : .json)).representation
        let content = try content()
        guard create else { return Call.Body(form: form, bytes: content) }
        if form == .npy, datatype == nil { return Call.Body(form: form, bytes: content) }
        guard form == .json else {
            throw CommandError(
                .invalid, "a dataset is made of JSON, or of NumPy's format, which has a datatype of its own")
        }
        var json = JSONWriter()
        json.object { json in
            if let datatype {
                json.key("datatype")
                json.string(datatype)
            }
            json.key("value")
            json.raw(utf8: content)
        }
        return Call.Body(form: .json, bytes: json.bytes)
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
    case json, npy
    case octetStream = "octet-stream"

    var representation: Representation {
        switch self {
        case .json: .json
        case .npy: .npy
        case .octetStream: .octetStream
        }
    }
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
        CommandError(ErrorCode(ofFile: errno), "\(path) cannot be read: \(String(cString: strerror(errno)))")
    }
}
