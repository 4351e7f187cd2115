import ArgumentParser
import H5Model
import HTTPMessage
import HTTPTypes

/// `lockedh5 ls`: the members of directories, files and groups.
struct ListCommand: FileCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "List a directory, or the members of a file or group.",
        discussion: """
            \(Help.address)

            On a terminal names stand side by side, else one a line. With -l: kind, shape, datatype, bytes in the file (of a \
            file, its size), filters, time of modification, and the name, behind it where a soft or external link leads.

            \(ExitStatus.help)
            """)

    @Flag(name: .short, help: "One a line, with what is known of each.")
    var long = false

    @Flag(help: "Sizes in bytes, not in K, M, G (powers of 1024).")
    var bytes = false

    @Argument(help: "Directories, files, groups or other objects. (default: .)", completion: .file())
    var paths: [String] = ["."]

    @OptionGroup var options: CommonOptions

    func perform(_ backends: Backends, _ output: Output) throws(CommandError) -> Int32 {
        var isFirst = true
        return try each(paths, backends, output) { subject throws(CommandError) in
            let listing = try subject.listing()
            if options.json { return try output.json(listing) }
            if paths.count > 1 {
                try output.line("\(isFirst ? "" : "\n")\(Words.printable(subject.address.text)):")
                isFirst = false
            }
            try write(listing, of: subject, output)
        }
    }

    private func write(_ listing: JSONTree, of subject: Subject, _ output: Output) throws(CommandError) {
        var entries = listing["members"]?.elements.map { ListEntry($0) } ?? [ListEntry(listing, subject.found.object)]
        if long {
            try subject.describe(&entries, in: listing)
            let rows = entries.map { $0.row(inBytes: bytes) }
            for line in Columns.lines(rows, output) { try output.line(line) }
        } else if output.terminal.isTerminal {
            let cells = entries.map { Columns.Cell($0.title, $0.style) }
            for line in Columns.grid(cells, width: output.terminal.size.columns, output) { try output.line(line) }
        } else {
            for entry in entries { try output.line(output.styled(entry.title, entry.style)) }
        }
    }
}

extension Subject {
    /// The most members of one answer.
    private static let page = 10_000

    /// A directory or group with all its members in `members`, or the description of another object.
    func listing() throws(CommandError) -> JSONTree {
        if found.kind == .directory {
            return try pages { after throws(CommandError) in try backend.list(found.file, after: after) }
        }
        do throws(CommandError) {
            return try group(found.object)
        } catch {
            guard error.code == .wrongKind else { throw error }
            return try description()
        }
    }

    /// A group with all its members.
    func group(_ path: ObjectPath, depth: Int = 1) throws(CommandError) -> JSONTree {
        let call = call("groups", path).with("limit", "\(Self.page)").with("depth", depth > 1 ? "\(depth)" : nil)
        return try pages { after throws(CommandError) in
            try backend.document(after.map { call.with("after", bytes: $0) } ?? call)
        }
    }

    private func pages(
        _ page: (_ after: [UInt8]?) throws(CommandError) -> JSONTree
    ) throws(CommandError) -> JSONTree {
        var listing = try page(nil)
        var members = listing["members"]?.elements ?? []
        var next = listing.bytes("next")
        while let after = next {
            let more = try page(after)
            members += more["members"]?.elements ?? []
            next = more.bytes("next")
        }
        listing = listing.setting("members", .list(members)).setting("next", .null)
        return listing
    }

    /// What is told of a group, a dataset or a datatype.
    func description() throws(CommandError) -> JSONTree {
        for resource in ["datasets", "groups"] {
            let call = call(resource)
            do throws(CommandError) {
                return try backend.document(resource == "groups" ? call.with("limit", "1") : call)
            } catch {
                if error.code != .wrongKind { throw error }
            }
        }
        return try backend.document(call("datatypes"))
    }

    /// Adds what a listing does not tell of its datasets.
    func describe(_ entries: inout [ListEntry], in listing: JSONTree) throws(CommandError) {
        guard found.kind != .directory, listing["members"] != nil else { return }
        let places = entries.indices.filter { entries[$0].isDataset }
        let calls = places.map { call("datasets", found.object.appending(HDF5Name(bytes: entries[$0].name))) }
        for (place, description) in zip(places, try backend.documents(calls)) { entries[place].add(description) }
    }
}

extension Backend {
    private var callsAtOnce: Int { 500 }

    /// The documents of several calls about objects of one file, all of one state, in few requests.
    func documents(_ calls: [Call]) throws(CommandError) -> [JSONTree] {
        var documents: [JSONTree] = []
        for start in stride(from: 0, to: calls.count, by: callsAtOnce) {
            documents += try answers(Array(calls[start..<min(start + callsAtOnce, calls.count)]))
        }
        return documents
    }

    private func answers(_ calls: [Call]) throws(CommandError) -> [JSONTree] {
        guard let first = calls.first else { return [] }
        if calls.count > 1 {
            do throws(CommandError) {
                return try document(batch(calls, first.file)).elements.map { $0["body"] ?? .null }
            } catch {
                // One of them may lead into another file, which a batch does not do; or all are too long together.
                if error.code != .unsupported, error.code != .tooLarge { throw error }
            }
        }
        var documents: [JSONTree] = []
        for call in calls { documents.append(try document(call)) }
        return documents
    }

    /// Calls about objects of one file, without bodies, as one.
    func batch(_ calls: [Call], _ file: [UInt8]) -> Call {
        var json = JSONWriter()
        json.array { json in
            for call in calls {
                json.object { json in
                    json.key("method")
                    json.string(call.method.rawValue)
                    json.key("target")
                    let path = Query.Item(name: "path", value: call.object?.bytes ?? [])
                    let items = [Query.Item(name: "file", value: file), path] + call.query.items
                    let query = items.map { "\($0.name)=\(PercentCoding.encode($0.value))" }
                    json.string("/v1/\(call.resource)?\(query.joined(separator: "&"))")
                }
            }
        }
        return Call(.post, "batch", file, nil).with(json: json.bytes)
    }
}
