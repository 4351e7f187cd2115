import ArgumentParser
import H5Model
import HTTPMessage

/// `lockedh5 diff`: in what two files, or two objects, differ.
struct DiffCommand: FileCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Tell in what two files or objects differ.",
        discussion: """
            \(Help.address)

            Compared are the links and objects below both, shapes, datatypes, attributes and values; not how they are stored \
            (chunks, filters, order of creation). Where datatypes differ and both are numbers, their values are compared \
            still. NaN is equal to NaN, 0 to -0. One may be here and the other at a server.

            With --json each difference is a line: {"path", "what", "first", "second"}, of attributes with "name", of values \
            with "count", "of" and "at", the indices of the first one. What is: missing, kind, link, shape, maxshape, \
            datatype, attribute, values. What cannot be compared, such as values that are not served, is an error.

            Exit status 1: they differ. \(ExitStatus.help)
            """)

    @Flag(name: [.customShort("q"), .long], help: "Only tell whether they differ.")
    var brief = false

    @Flag(help: "Not the values of datasets.")
    var withoutValues = false

    @Flag(help: "Not the attributes.")
    var withoutAttributes = false

    @Option(help: "Numbers are equal that differ by no more than this.")
    var absolute = 0.0

    @Option(help: "Numbers are equal that differ by no more than this part of the first.")
    var relative = 0.0

    @Argument(help: "A file or object.", completion: .file())
    var first: String

    @Argument(help: "The other one.", completion: .file())
    var second: String

    @OptionGroup var options: CommonOptions

    func validate() throws {
        guard absolute >= 0, relative >= 0 else {
            throw ValidationError("--absolute and --relative are numbers from 0 on")
        }
    }

    func perform(_ backends: Backends, _ output: Output) throws(CommandError) -> Int32 {
        let one = try backends.naming(first) { () throws(CommandError) in try subject(first, backends) }
        let other = try backends.naming(second) { () throws(CommandError) in try subject(second, backends) }
        let rules = ValueDiff.Rules(
            comparesValues: !withoutValues, absolute: absolute, relative: relative, endsWithFirst: brief)
        let names = (first: Words.printable(first), second: Words.printable(second))
        let diff = ObjectDiff(one, other, rules, hasAttributes: !withoutAttributes) { difference throws(CommandError) in
            if brief { return try output.line("\(names.first) and \(names.second) differ") }
            if options.json { try output.json(difference.json) } else { try output.line(difference.text(names)) }
        }
        try diff.compare()
        return diff.hasFound ? ExitStatus.differs : 0
    }

    private func subject(_ text: String, _ backends: Backends) throws(CommandError) -> Subject {
        let subject = try backends.subject(text)
        if subject.found.kind == .directory { throw CommandError(.wrongKind, "a directory is not compared") }
        return subject
    }
}
