import ArgumentParser
import Dialects
import H5Model
import HTTPMessage
import Routes

/// `lockedh5 cat`: the values of a dataset or an attribute.
struct CatCommand: FileCommand {
    static let configuration = CommandConfiguration(
        commandName: "cat", abstract: "Write the values of a dataset or an attribute, or plot them.",
        discussion: """
            \(Help.address)

            A selection is NumPy's: -s 0:10,5,::2. Values of any size come in bounded memory; a file that is changed \
            meanwhile is an error. Formats that are not text go into a file (-o) or a pipe, not to a terminal.

            --plot draws a line of a 1-D selection and an image of a 2-D one with Unicode characters, as large as the \
            terminal. Of what is longer than it is wide every so many elements are read, which is told below. Missing numbers \
            (NaN), and infinite ones, are gaps.

            \(ExitStatus.help)
            """)

    @Option(name: [.short, .long], help: "The elements: 0:10,5,::2. (default: all)")
    var select: String?

    @Option(name: [.short, .long], help: "A field of compound values; may be repeated.")
    var field: [String] = []

    @Option(name: [.short, .long], help: "An attribute instead of the values.")
    var attribute: String?

    @Option(
        help: "The format: json, csv, npy (NumPy's), octet-stream (row-major bytes), png. (default: json)",
        completion: .list(["json", "csv", "npy", "octet-stream", "png"]))
    var format: String?

    @Option(name: [.short, .long], help: "Write to this file.", completion: .file())
    var output: String?

    @Option(help: "Convert numbers to this type: <f4, int64, ...")
    var datatype: String?

    @Option(
        help: "Byte order of octet-stream: little or big. (default: as stored)", completion: .list(["little", "big"]))
    var order: String?

    @Option(
        help: "How JSON has NaN and infinities: string, null or literal.",
        completion: .list(["string", "null", "literal"]))
    var nan: String?

    @Option(
        help: "How JSON has the rows of a table: object, array or columns.",
        completion: .list(["object", "array", "columns"]))
    var rows: String?

    @Flag(help: "Plot the values.")
    var plot = false

    @Option(help: "The number that the darkest colour, or the lower end of a line's axis, stands for.")
    var min: Double?

    @Option(help: "The number that the brightest colour, or the upper end of a line's axis, stands for.")
    var max: Double?

    @Option(
        help: "The colours of a PNG: \(colormaps.joined(separator: ", ")).", completion: .list(colormaps))
    var colormap: String?

    @Option(help: "Characters across, of a plot (default: the terminal's); pixels, of a PNG.")
    var width: Int?

    @Option(help: "Characters down, of a plot. (default: the terminal's, at most 24)")
    var height: Int?

    @Argument(help: "The dataset, or what has the attribute.", completion: .file())
    var path: String

    @OptionGroup var options: CommonOptions

    private static let colormaps = Colormap.allCases.map(\.rawValue)

    func validate() throws {
        let others = [attribute, format, output, datatype, order, nan, rows, colormap]
        if plot, options.json || others.contains(where: { $0 != nil }) {
            throw ValidationError("--plot is of a dataset's values, and has no format")
        }
        if [min, max].contains(where: { $0?.isFinite == false }) || min ?? -.infinity > max ?? .infinity {
            throw ValidationError("--min and --max are finite numbers, and --min is not above --max")
        }
        if !plot, height != nil { throw ValidationError("--height is of a --plot") }
        for size in [width, height].compactMap(\.self) where plot && !(4...1000).contains(size) {
            throw ValidationError("--width and --height are numbers from 4 to 1000")
        }
    }

    func perform(_ backends: Backends, _ output: Output) throws(CommandError) -> Int32 {
        try backends.naming(path) { () throws(CommandError) in try write(try backends.subject(path), output) }
        return 0
    }

    private var isText: Bool {
        Representation.allCases.contains { $0.isText && [$0.rawValue, $0.mediaType].contains(format ?? "json") }
    }

    private func call(_ subject: Subject) throws(CommandError) -> Call {
        if options.json, let format, format != "json" {
            throw CommandError(.invalid, "--json is a format of its own, not \(format)")
        }
        var call = subject.call(attribute == nil ? "values" : "attributes")
        let parameters = [
            ("name", attribute), ("select", select), ("format", format ?? "json"), ("datatype", datatype),
            ("order", order),
            ("nan", nan), ("rows", rows), ("colormap", colormap), ("min", min.map { "\($0)" }),
            ("max", max.map { "\($0)" }), ("width", width.map(String.init)),
        ]
        for (name, value) in parameters { call = call.with(name, value) }
        for name in field { call = call.with("field", name) }
        return call
    }

    private func draw(_ subject: Subject, _ output: Output) throws(CommandError) {
        let size = output.terminal.size
        let (width, height) = (width ?? size.columns, height ?? Swift.min(Swift.max(size.rows - 5, 4), 24))
        let pixels = ImagePlot.pixels(
            width: width - Plot.margin, height: height, hasColor: output.hasColor)
        let data = try PlotData(subject, select: select, fields: field, pixels: pixels)
        let plot = Plot(
            data, width: width, height: height, hasColor: output.hasColor, bounds: (lower: min, upper: max))
        for line in plot.lines { try output.line(line) }
    }

    private func write(_ subject: Subject, _ output: Output) throws(CommandError) {
        if plot { return try draw(subject, output) }
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
