import H5Model
import HTTPMessage

/// A member of a directory or group, or another object by itself, as listings show it.
struct ListEntry {
    private var json: JSONTree
    /// What more is told of a dataset.
    private var details: JSONTree?
    private var ownName: [UInt8]?

    init(_ json: JSONTree) {
        self.json = json
        if json["layout"] != nil { details = json }
    }

    /// An object by itself, which was asked for at `path`.
    init(_ description: JSONTree, _ path: ObjectPath) {
        self.init(description)
        ownName = path.lastName?.bytes
    }

    mutating func add(_ description: JSONTree) { details = description }

    /// The bytes of the name.
    var name: [UInt8] { ownName ?? json.bytes("name") ?? [] }

    private var kind: String? { json["kind"]?.text }
    private var link: String { json["link"]?.text ?? "hard" }
    var isDataset: Bool { kind == "dataset" }

    /// The name with a slash behind those that have members.
    var title: String { Words.printable(name) + (["group", "directory"].contains(kind) ? "/" : "") }

    var style: Style? {
        if kind == nil { return link == "external" ? .link : .broken }
        if link != "hard" { return .link }
        switch kind {
        case "directory": return .directory
        case "group": return .group
        case "file": return .file
        case "datatype": return .datatype
        default: return nil
        }
    }

    /// Where a soft or external link leads, with an arrow.
    var arrow: String {
        guard let target = json.bytes("target") else { return "" }
        let file = json.bytes("targetFile").map { Words.printable($0) + ":" } ?? ""
        return "-> \(file)\(Words.printable(target))"
    }

    /// `20x128x128 float32`; nothing for what is not a dataset.
    var summary: String {
        isDataset ? "\(Words.shape(json["shape"])) \(Words.datatype(json["datatype"], atMost: 48))" : ""
    }

    /// The cells of a long listing.
    func row(inBytes: Bool) -> [Columns.Cell] {
        let size = json["size"]?.integer ?? details?["storageSize"]?.integer
        return [
            Columns.Cell(kind ?? (link == "external" ? "external" : "broken"), .faint),
            Columns.Cell(isDataset ? Words.shape(json["shape"]) : "", isNumber: true),
            Columns.Cell(isDataset || kind == "datatype" ? Words.datatype(json["datatype"], atMost: 32) : ""),
            Columns.Cell(size.map { inBytes ? "\($0)" : Words.size($0) } ?? "", isNumber: true),
            Columns.Cell(Words.filters(details?["filters"])),
            Columns.Cell(Words.time(json["modified"]?.text), .faint),
            Columns.Cell(title, style),
            Columns.Cell(arrow, .link),
        ]
    }
}
