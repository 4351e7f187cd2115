import Dialects
import H5Model
import HDF5JSON
import HTTPMessage
import LockedH5

/// One operation of the differential test (`Tests/python/differential.py`), done with the library.
struct Operation {
    let members: Members
    let name: String

    init(_ members: Members) throws {
        self.members = members
        name = try members.text("op")
    }

    /// - Throws: `ServiceError` for what the library refuses.
    func perform(_ file: borrowing WritableFile) throws {
        switch name {
        case "group": try file.createGroup(members.path(), tracksCreationOrder: members.flag("trackOrder"))
        case "require_group": try file.requireGroup(members.path())
        case "dataset": try createDataset(file)
        case "require_dataset": try requireDataset(file)
        case "resize": try file.resize(members.path(), to: members.shape())
        case "commit": try file.commit(members.datatype(), at: members.path())
        case "attribute": try setAttribute(file)
        case "modify_attribute": try modifyAttribute(file)
        case "remove_attribute": try file.removeAttribute(HDF5Name(bytes: members.bytes("name")), of: members.path())
        case "link": try file.link(members.path(), to: target())
        case "move": try file.move(members.path(), to: members.path("to"))
        case "copy": try file.copy(members.path("source"), to: members.path(), copyOptions())
        case "remove": try remove(file)
        case "write", "points", "mask": try write(file)
        default: try changeDimensions(file)
        }
    }

    private func changeDimensions(_ file: borrowing WritableFile) throws {
        let dataset = try file.dataset(members.path())
        switch name {
        case "scale": try dataset.makeScale(named: HDF5Name(bytes: members.bytes("name")))
        case "label":
            try dataset.labelDimension(members.integer("dimension"), HDF5Name(bytes: members.bytes("label")))
        case "attach":
            try dataset.attachScale(file.dataset(members.path("scale")), to: members.integer("dimension"))
        case "detach":
            try dataset.detachScale(file.dataset(members.path("scale")), from: members.integer("dimension"))
        default: throw Misunderstanding(what: "the operation \(name) is not known")
        }
    }

    private func copyOptions() throws -> CopyOptions {
        let flags = try members.list("flags").map(\.text)
        var options = CopyOptions()
        options.isShallow = flags.contains("shallow")
        options.expandsSoftLinks = flags.contains("expandSoft")
        options.expandsExternalLinks = flags.contains("expandExternal")
        options.expandsReferences = flags.contains("expandReferences")
        options.leavesAttributes = flags.contains("withoutAttributes")
        return options
    }

    private func remove(_ file: borrowing WritableFile) throws {
        guard members.has("kind") else { return try file.remove(members.path()) }
        try file.unlink(members.path(), kind: ObjectKind(rawValue: members.text("kind")))
    }

    private func createDataset(_ file: borrowing WritableFile) throws {
        let shape = try members.shape()
        let dataset = try file.createDataset(members.path(), try creation(shape))
        guard members.has("value") else { return }
        let bytes = try members.members("value").octets()
        try dataset.write(Selection(all: shape), bytes)
    }

    private func creation(_ shape: Shape) throws -> DatasetCreation {
        let datatype = try members.datatype()
        var creation = DatasetCreation(
            dataspace: try dataspace(shape), datatype: datatype, committedDatatype: try committedDatatype())
        if members.has("chunks") {
            let isAutomatic = try members.member("chunks") == .boolean(true)
            creation.layout = isAutomatic ? .automaticChunks : .chunked(try members.shape("chunks"))
        }
        if members.has("filters") {
            creation.filters = try members.list("filters").map { try FilterJSON.read($0, datatype) }
        }
        if members.has("fill") { creation.fillValue = try members.members("fill").octets() }
        return creation
    }

    private func dataspace(_ shape: Shape) throws -> Dataspace {
        guard members.has("maxshape") else { return shape.isEmpty ? .scalar : .simple(shape, maximum: shape) }
        return .simple(shape, maximum: try members.list("maxshape").map(\.integer))
    }

    private func committedDatatype() throws -> ObjectPath? {
        members.has("committed") ? try members.path("committed") : nil
    }

    /// The library requires a dataset by a type of the program; what is there is compared with the file's alone.
    private func requireDataset(_ file: borrowing WritableFile) throws {
        let (path, shape, datatype) = (try members.path(), try members.shape(), try members.datatype())
        try file.requireDataset(path, of: Double.self, shape: shape, datatype: datatype, exact: members.flag("exact"))
    }

    private func write(_ file: borrowing WritableFile) throws {
        let dataset = try file.dataset(members.path())
        let shape = try dataset.shape
        switch name {
        case "points": try dataset.write(.points(points(members.list("points"), shape)), members.octets())
        case "mask": try dataset.write(.points(points(in: members.member("mask"), shape)), members.octets())
        default:
            let selection = try SelectionExpression(parsing: members.text("select"))
            try dataset.write(.hyperslab(selection.resolved(in: shape)), members.octets())
        }
    }

    private func points(_ list: [JSONTree], _ shape: Shape) throws -> Points {
        let coordinates = try list.flatMap { try Members($0).integers() }
        return try Points(rank: shape.count, coordinates: coordinates).resolved(in: shape)
    }

    /// The points where a mask is true.
    private func points(in mask: JSONTree, _ shape: Shape) throws -> Points {
        var coordinates: [Int] = []
        func collect(_ part: JSONTree, _ place: [Int]) {
            if part == .boolean(true) { coordinates += place }
            guard case .list(let parts) = part else { return }
            for (index, part) in parts.enumerated() { collect(part, place + [index]) }
        }
        collect(mask, [])
        return try Points(rank: shape.count, coordinates: coordinates)
    }

    private func setAttribute(_ file: borrowing WritableFile) throws {
        try file.setAttribute(
            HDF5Name(bytes: members.bytes("name")), of: members.path(), dataspace: dataspace(members.shape()),
            datatype: members.datatype(), committedDatatype: committedDatatype(), bytes: members.octets())
    }

    private func modifyAttribute(_ file: borrowing WritableFile) throws {
        try file.modifyAttribute(
            HDF5Name(bytes: members.bytes("name")), of: members.path(), bytes: members.octets())
    }

    private func target() throws -> LinkTarget {
        switch try members.text("link") {
        case "hard": .hard(try members.path("target"))
        case "soft": .soft(try members.bytes("target"))
        default: .external(file: try members.bytes("targetFile"), target: try members.bytes("target"))
        }
    }
}

extension WritableDataset {
    /// Writes values as they travel in the stored byte order.
    borrowing func write(_ selection: Selection, _ bytes: [UInt8]) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
        defer { buffer.deallocate() }
        buffer.copyBytes(from: bytes)
        try write(selection, as: datatype.packed(), UnsafeRawBufferPointer(buffer))
    }
}
