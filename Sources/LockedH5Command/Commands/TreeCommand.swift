import ArgumentParser
import H5Model
import HTTPMessage

/// `lockedh5 tree`: everything in a file, a group or a directory, drawn as a tree.
struct TreeCommand: FileCommand {
    static let configuration = CommandConfiguration(
        commandName: "tree", abstract: "Draw a file, a group or a directory as a tree.",
        discussion: """
            \(Help.address)

            Of a directory its files and directories are drawn, of a file or group everything to which hard links lead; soft \
            and external links are told, not followed. With --json each object below a group is a line, as /v1/tree has it.

            \(ExitStatus.help)
            """)

    @Flag(name: .short, help: "Attributes too.")
    var attributes = false

    @Option(name: [.customShort("L"), .long], help: "So many levels.")
    var depth: Int?

    @Argument(help: "Files, groups or directories. (default: .)", completion: .file())
    var paths: [String] = ["."]

    @OptionGroup var options: CommonOptions

    func validate() throws {
        if let depth, !(1...1_000_000).contains(depth) { throw ValidationError("--depth is a number from 1 on") }
    }

    func perform(_ backends: Backends, _ output: Output) throws(CommandError) -> Int32 {
        try each(paths, backends, output) { subject throws(CommandError) in
            if options.json, subject.found.kind != .directory { return try subject.writeTree(depth, output) }
            let drawing = TreeDrawing(subject, hasAttributes: attributes, depth: depth ?? .max, output)
            if options.json { return try output.json(try drawing.directories()) }
            try drawing.draw()
        }
    }
}

extension Subject {
    /// A visit of the objects below a group: its lines one after another, without what points to a server.
    func writeTree(_ depth: Int?, _ output: Output) throws(CommandError) {
        try visit(depth) { object throws(CommandError) in try output.json(object) }
    }

    private var attempts: Int { 4 }

    /// Calls `body` for each object below a group.
    /// - Parameters:
    ///   - findsAliases: Other links to an object too, with where it was visited in `sameAs`.
    ///   - mayRepeat: Where the answer breaks off all is visited again.
    func visit(
        _ depth: Int?, findsAliases: Bool = false, mayRepeat: Bool = false,
        _ body: (JSONTree) throws(CommandError) -> Void
    ) throws(CommandError) {
        var call = call("tree").with("depth", depth.map(String.init)).with("aliases", findsAliases ? "true" : nil)
        call.accept = "application/x-ndjson"
        for attempt in 1...attempts {
            do throws(CommandError) {
                return try visit(call, body)
            } catch {
                guard error.isBrokenOff, mayRepeat, attempt < attempts else { throw error }
            }
        }
    }

    private func visit(_ call: Call, _ body: (JSONTree) throws(CommandError) -> Void) throws(CommandError) {
        var rest: [UInt8] = []
        _ = try backend.send(call) { piece throws(CommandError) in
            rest += piece
            guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { return }
            for line in rest[..<end].split(separator: UInt8(ascii: "\n")) {
                try body(try JSONTree(answer: Array(line)))
            }
            rest.removeSubrange(...end)
        }
        if !rest.isEmpty { try body(try JSONTree(answer: rest)) }
    }
}

/// Draws one tree.
private final class TreeDrawing {
    private let subject: Subject
    private let hasAttributes: Bool
    private let depth: Int
    private let output: Output
    /// The paths at which groups are drawn; others lead to one of them.
    private var groups: Set<ObjectPath> = []
    private var counts: [String: Int] = [:]
    /// Levels that are asked for at once.
    private static let levels = 8

    init(_ subject: Subject, hasAttributes: Bool, depth: Int, _ output: Output) {
        self.subject = subject
        self.hasAttributes = hasAttributes
        self.depth = depth
        self.output = output
    }

    func draw() throws(CommandError) {
        let path = subject.found.object
        guard subject.found.kind != .directory else {
            try output.line(output.styled(Words.printable(subject.address.text), .directory))
            try drawDirectory(subject.found.file, "", 1)
            return try drawCounts(["directory", "file"])
        }
        let listing: JSONTree
        do throws(CommandError) {
            listing = try subject.group(path, depth: min(depth, Self.levels))
        } catch {
            guard error.code == .wrongKind else { throw error }
            let entry = ListEntry(try subject.description())
            try output.line("\(Words.printable(subject.address.text))  \(entry.summary)")
            return try drawAttributes(of: path, "", isLast: true)
        }
        groups.insert(path)
        try subject.visit(depth < .max ? depth : nil, mayRepeat: true) { object throws(CommandError) in
            guard object["kind"]?.text == "group", let below = object.bytes("path") else { return }
            groups.insert(ObjectPath(names: path.names + ObjectPath(bytes: below).names))
        }
        try output.line(output.styled(Words.printable(subject.address.text), .file))
        try drawAttributes(of: path, "", isLast: listing["members"]?.elements.isEmpty ?? true)
        try drawMembers(of: path, listing, "", 1)
        try drawCounts(["group", "dataset", "datatype", "link"])
    }

    private func drawMembers(
        of path: ObjectPath, _ listing: JSONTree, _ indent: String, _ level: Int
    ) throws(CommandError) {
        let members = listing["members"]?.elements ?? []
        for (index, member) in members.enumerated() {
            let entry = ListEntry(member)
            let isLast = index == members.count - 1
            let child = path.appending(HDF5Name(bytes: entry.name))
            let isHard = member["link"]?.text == "hard"
            let isGroup = isHard && member["kind"]?.text == "group"
            let isElsewhere = isGroup && !groups.contains(child)
            let more =
                isElsewhere && level < depth
                ? "(another name of a group that is drawn too)" : isHard ? entry.summary : entry.arrow
            try drawLine(entry, more, indent, isLast)
            counts[isHard ? member["kind"]?.text ?? "" : "link", default: 0] += 1
            let below = indent + (isLast ? "    " : "\u{2502}   ")
            let goesOn = isGroup && !isElsewhere && level < depth
            let inside = goesOn ? try listingInside(member, at: child, level) : nil
            let hasMembers = !(inside?["members"]?.elements.isEmpty ?? true)
            if isHard, !isElsewhere { try drawAttributes(of: child, below, isLast: !hasMembers) }
            if let inside { try drawMembers(of: child, inside, below, level + 1) }
        }
    }

    /// What a listing has of a group inside, or else another one.
    private func listingInside(_ member: JSONTree, at path: ObjectPath, _ level: Int) throws(CommandError) -> JSONTree {
        if member["members"] != nil, member["next"] == .null { return member }
        return try subject.group(path, depth: min(depth - level, Self.levels))
    }

    private func drawLine(_ entry: ListEntry, _ more: String, _ indent: String, _ isLast: Bool) throws(CommandError) {
        let branch = isLast ? "\u{2514}\u{2500}\u{2500} " : "\u{251C}\u{2500}\u{2500} "
        let name = output.styled(entry.title, entry.style)
        try output.line(indent + branch + name + (more.isEmpty ? "" : "  " + output.styled(more, .faint)))
    }

    private func drawAttributes(of path: ObjectPath, _ indent: String, isLast: Bool) throws(CommandError) {
        guard hasAttributes else { return }
        for member in try subject.backend.document(subject.call("attributes", path)).members {
            let bar = isLast ? "    " : "\u{2502}   "
            let name = output.styled("@\(Words.printable(member.value.bytes("name") ?? member.name))", .attribute)
            try output.line("\(indent)\(bar)\(name) = \(Words.attribute(member.value))")
        }
    }

    private func drawDirectory(_ path: [UInt8], _ indent: String, _ level: Int) throws(CommandError) {
        var directory = subject
        directory.found.file = path
        let members = try directory.listing()["members"]?.elements ?? []
        for (index, member) in members.enumerated() {
            let entry = ListEntry(member)
            let isLast = index == members.count - 1
            let size = member["size"]?.integer.map(Words.size) ?? ""
            try drawLine(entry, size, indent, isLast)
            counts[member["kind"]?.text ?? "", default: 0] += 1
            guard member["kind"]?.text == "directory", level < depth else { continue }
            try drawDirectory(Self.path(path, entry.name), indent + (isLast ? "    " : "\u{2502}   "), level + 1)
        }
    }

    private static func path(_ directory: [UInt8], _ name: [UInt8]) -> [UInt8] {
        let slash = UInt8(ascii: "/")
        return directory + (directory.isEmpty || directory.last == slash ? [] : [slash]) + name
    }

    /// A directory with the members of those in it.
    func directories() throws(CommandError) -> JSONTree {
        try inside(subject.found.file, try directoryListing(subject.found.file), 1)
    }

    private func directoryListing(_ path: [UInt8]) throws(CommandError) -> JSONTree {
        var directory = subject
        directory.found.file = path
        return try directory.listing()
    }

    private func inside(_ path: [UInt8], _ listing: JSONTree, _ level: Int) throws(CommandError) -> JSONTree {
        var members: [JSONTree] = []
        for member in listing["members"]?.elements ?? [] {
            guard member["kind"]?.text == "directory", level < depth, let name = member.bytes("name") else {
                members.append(member)
                continue
            }
            let below = Self.path(path, name)
            let inner = try inside(below, try directoryListing(below), level + 1)
            members.append(member.setting("members", inner["members"] ?? .list([])))
        }
        return listing.setting("members", .list(members))
    }

    private func drawCounts(_ kinds: [String]) throws(CommandError) {
        let plurals = ["directory": "directories"]
        let parts = kinds.compactMap { kind -> String? in
            guard let count = counts[kind] else { return nil }
            return "\(count) \(count == 1 ? kind : plurals[kind] ?? kind + "s")"
        }
        if !parts.isEmpty { try output.line(output.styled("\n" + parts.joined(separator: ", "), .faint)) }
    }
}

extension Words {
    /// An attribute's value, or what it is where that is long.
    /// - Parameter isCut: Show the beginning of a long value all the same.
    static func attribute(_ json: JSONTree, atMost limit: Int = 60, isCut: Bool = false) -> String {
        if let reason = json["unsupported"]?.text { return printable(reason) }
        var writer = JSONWriter()
        json["value"]?.write(to: &writer)
        let text = printable(writer.bytes)
        if text.count <= limit { return text }
        let shape = shape(json["shape"])
        return isCut || shape == "scalar" ? text.prefix(limit - 3) + "..." : "\(shape) \(datatype(json["datatype"]))"
    }
}
