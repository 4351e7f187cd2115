import ArgumentParser
import H5Model
import HTTPMessage

/// `lockedh5 cat`: the values of a dataset or an attribute.
struct CatCommand: FileCommand {
    static let configuration = CommandConfiguration(
        commandName: "cat", abstract: "Write the values of a dataset or an attribute, or plot them.",
        discussion: """
            \(Help.address)

            A selection is NumPy's: -s 0:10,5,::2. Values of any size come in bounded memory; a file that is changed \
            meanwhile is an error. Formats that are not text go into a file (-o) or a pipe, not to a terminal.

            \(ExitStatus.help)
            """)

    @OptionGroup var options: CommonOptions

    @Option(name: [.short, .long], help: "The elements: 0:10,5,::2. (default: all)")
    var select: String?

    @Option(name: [.short, .long], help: "A field of compound values; may be repeated.")
    var field: [String] = []

    @Option(name: [.short, .long], help: "An attribute instead of the values.")
    var attribute: String?

    @Option(help: "The format of the values: json, octet-stream, npy, csv, png.")
    var format: String?

    @Option(name: [.short, .long], help: "Write to this file.")
    var output: String?

    @Option(help: "Convert numbers to this type: <f4, int64, ...")
    var datatype: String?

    @Option(help: "Byte order of octet-stream: little or big. (default: as stored)")
    var order: String?

    @Option(help: "How JSON has NaN and infinities: string, null or literal.")
    var nan: String?

    @Option(help: "How JSON has the rows of a table: object, array or columns.")
    var rows: String?

    @Argument(help: "The dataset, or what has the attribute.")
    var path: String

    func perform(_ backends: Backends, _ output: Output) throws(CommandError) -> Int32 {
        try backends.naming(path) { () throws(CommandError) in try write(try backends.subject(path), output) }
        return 0
    }

    private var isText: Bool { ["json", "csv", "application/json", "text/csv"].contains(format ?? "json") }

    private func call(_ subject: Subject) throws(CommandError) -> Call {
        if options.json, let format, format != "json" {
            throw CommandError(.invalid, "--json is a format of its own, not \(format)")
        }
        var call = subject.call(attribute == nil ? "values" : "attributes")
        let parameters = [
            ("name", attribute), ("select", select), ("format", format ?? "json"), ("datatype", datatype),
            ("order", order),
            ("nan", nan), ("rows", rows),
        ]
        for (name, value) in parameters { call = call.with(name, value) }
        for name in field { call = call.with("field", name) }
        return call
    }

    private func write(_ subject: Subject, _ output: Output) throws(CommandError) {
        let call = try call(subject)
        if let file = self.output {
            return try OutputFile.write(file) { descriptor throws(CommandError) in
                _ = try subject.backend.send(call) { piece throws(CommandError) in
                    try Output.write(piece, to: descriptor, file)
                }
            }
        }
        if !isText, output.terminal.isTerminal {
            throw CommandError(.invalid, "\(format ?? "") is not for a terminal: -o FILE")
        }
        var last: UInt8?
        _ = try subject.backend.send(call) { piece throws(CommandError) in
            last = piece.last ?? last
            try output.write(piece)
        }
        if isText, last != UInt8(ascii: "\n") { try output.line() }
    }
}
