import ArgumentParser
import H5Model
import HTTPMessage
import HTTPTypes

/// `lockedh5 info`: all that is known of one thing.
struct InfoCommand: FileCommand {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "Tell what a file, group, dataset or datatype is, with its attributes.",
        discussion: """
            \(Help.address)

            With --json the description of the HTTP interface, and the attributes in "attributes".

            \(ExitStatus.help)
            """)

    @Argument(help: "Files, groups, datasets or datatypes.", completion: .file())
    var paths: [String]

    @OptionGroup var options: CommonOptions

    func perform(_ backends: Backends, _ output: Output) throws(CommandError) -> Int32 {
        var isFirst = true
        return try each(paths, backends, output) { subject throws(CommandError) in
            let description = try subject.fullDescription()
            if options.json { return try output.json(description) }
            if !isFirst { try output.line() }
            isFirst = false
            try output.line(output.styled(Words.printable(subject.address.text), .file))
            for line in Columns.lines(Description(description).rows, output) { try output.line("  " + line) }
            try writeAttributes(description["attributes"]?.members ?? [], output)
        }
    }

    private func writeAttributes(_ attributes: [JSONTree.Member], _ output: Output) throws(CommandError) {
        let rows = attributes.map { attribute in
            [
                Columns.Cell("@" + Words.printable(attribute.value.bytes("name") ?? attribute.name), .attribute),
                Columns.Cell(Words.shape(attribute.value["shape"]), .faint),
                Columns.Cell(Words.datatype(attribute.value["datatype"]), .faint),
                Columns.Cell(Words.attribute(attribute.value, atMost: 80, isCut: true)),
            ]
        }
        for line in Columns.lines(rows, output) { try output.line("  " + line) }
    }
}

extension Subject {
    /// The description of anything, with its attributes.
    fileprivate func fullDescription() throws(CommandError) -> JSONTree {
        guard found.kind != .directory else {
            let listing = try listing()
            return listing.setting("members", .null).setting(
                "memberCount", .number(.integer(Int64(listing["members"]?.elements.count ?? 0))))
        }
        var description: JSONTree
        if found.kind == .file {
            description = try backend.document(Call(.get, "files", found.file, nil))
            let root = try backend.document(call("groups").with("limit", "1"))
            for name in ["memberCount", "attributeCount"] {
                description = description.setting(name, root[name] ?? .null)
            }
        } else {
            description = try self.description()
        }
        let attributes = try backend.document(call("attributes"))
        return description.without(["members", "next"]).setting("attributes", attributes)
    }
}

extension JSONTree {
    fileprivate func without(_ names: [String]) -> JSONTree {
        .object(members.filter { member in !names.contains { member.name.elementsEqual($0.utf8) } })
    }
}

/// The rows that tell what something is.
private struct Description {
    private let json: JSONTree

    init(_ json: JSONTree) {
        self.json = json
    }

    var rows: [[Columns.Cell]] {
        let all: [(String, String?)] = [
            ("kind", json["kind"]?.text), ("shape", shape), ("datatype", json["datatype"].map { Words.datatype($0) }),
            ("layout", layout), ("filters", json["filters"].map { Words.filters($0) }), ("in the file", storage),
            ("fill value", json["fillvalue"].flatMap { $0 == .null ? nil : Words.value($0, atMost: 60) }),
            ("size", json["size"]?.integer.map { "\(Words.size($0)) (\($0) bytes)" }),
            ("modified", json["modified"]?.text.map { Words.time($0) + " UTC" }),
            ("superblock", json["superblockVersion"]?.integer.map { "version \($0)" }),
            ("user block", json["userBlockSize"]?.integer.flatMap { $0 > 0 ? "\($0) bytes" : nil }),
            ("free space", json["freeSpace"]?.integer.flatMap { $0 > 0 ? Words.size($0) : nil }),
            ("members", json["memberCount"]?.integer.map(String.init)),
        ]
        return all.compactMap { name, value in
            guard let value, !value.isEmpty else { return nil }
            return [Columns.Cell(name, .faint), Columns.Cell(value)]
        }
    }

    private var shape: String? {
        guard json["kind"]?.text == "dataset" else { return nil }
        let (shape, maximum) = (Words.shape(json["shape"]), Words.shape(json["maxshape"]))
        return shape == maximum ? shape : "\(shape), up to \(maximum)"
    }

    private var layout: String? {
        guard let layout = json["layout"]?.text else { return nil }
        guard layout == "chunked" else { return layout }
        return "chunks of \(Words.shape(json["chunks"]))"
    }

    private var storage: String? {
        guard let stored = json["storageSize"]?.integer else { return nil }
        guard stored > 0, let count = elementCount, let size = elementSize else { return Words.size(stored) }
        let (whole, isOver) = count.multipliedReportingOverflow(by: size)
        guard !isOver, whole > stored else { return Words.size(stored) }
        let ratio = (Double(whole) / Double(stored) * 10).rounded() / 10
        return "\(Words.size(stored)) of \(Words.size(whole)), \(ratio) times smaller"
    }

    private var elementCount: Int? {
        guard case .list(let extents)? = json["shape"] else { return nil }
        return extents.compactMap(\.integer).reduce(1) { product, extent in
            let (result, isOver) = product.multipliedReportingOverflow(by: extent)
            return isOver ? 0 : result
        }
    }

    private var elementSize: Int? {
        json["datatype"].flatMap { Words.elementSize($0) }
    }
}
