import ArgumentParser
import Glibc
import H5Model

/// What the commands have in common that look at files and change them.
struct CommonOptions: ParsableArguments {
    @Flag(help: "Write JSON, with the keys of the HTTP interface.")
    var json = false

    @Option(help: "Seconds to wait for a file's lock; 0 tries once. (default: 10)")
    var wait: Double?

    @Option(help: "Colours: auto (on a terminal, unless NO_COLOR is set), always or never.")
    var color = ColorChoice.auto

    func validate() throws {
        if let wait, !(0...86_400).contains(wait) { throw ValidationError("--wait is a number from 0 to 86400") }
    }
}

/// A command about files here or at servers.
protocol FileCommand: ParsableCommand {
    var options: CommonOptions { get }

    /// Does it; what `output` has then is written.
    /// - Returns: The exit status.
    func perform(_ backends: Backends, _ output: Output) throws(CommandError) -> Int32
}

extension FileCommand {
    func run() throws {
        // A reader that ends early is not an error: the write says so.
        signal(SIGPIPE, SIG_IGN)
        let output = Output(options.color)
        let status: Int32
        do throws(CommandError) {
            status = try perform(Backends(wait: options.wait), output)
            try output.flush()
        } catch {
            try? output.flush()
            writeLine("lockedh5: \(Words.printable(error.message))", to: 2)
            throw ExitCode(error.exitStatus)
        }
        if status != 0 { throw ExitCode(status) }
    }

    /// Does something with each of several things, also where it fails for some.
    /// - Returns: The exit status of the first failure.
    func each(
        _ texts: [String], _ backends: Backends, _ output: Output,
        _ body: (Subject) throws(CommandError) -> Void
    ) throws(CommandError) -> Int32 {
        try eachText(texts, output, backends) { text throws(CommandError) in try body(try backends.subject(text)) }
    }

    /// The same with things that need not be there.
    /// - Parameter ignored: The code of failures that are none.
    func eachText(
        _ texts: [String], _ output: Output, _ backends: Backends, ignoring ignored: ErrorCode? = nil,
        _ body: (String) throws(CommandError) -> Void
    ) throws(CommandError) -> Int32 {
        var status: Int32 = 0
        for text in texts {
            do throws(CommandError) {
                try backends.naming(text) { () throws(CommandError) in try body(text) }
            } catch {
                if let ignored, error.code == ignored { continue }
                if texts.count == 1 { throw error }
                try output.flush()
                writeLine("lockedh5: \(Words.printable(error.message))", to: 2)
                if status == 0 { status = error.exitStatus }
            }
        }
        return status
    }
}
