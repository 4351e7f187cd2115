import Dialects
import H5Model
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
        case "write": try write(file)
        case "resize": try file.resize(members.path(), to: members.shape())
        case "attribute": try setAttribute(file)
        case "modify_attribute": try modifyAttribute(file)
        case "remove_attribute": try file.removeAttribute(HDF5Name(bytes: members.bytes("name")), of: members.path())
        case "link": try file.link(members.path(), to: target())
        case "move": try file.move(members.path(), to: members.path("to"))
        case "remove": try file.remove(members.path())
        default: throw Misunderstanding(what: "the operation \(name) is not known")
        }
    }

    private func createDataset(_ file: borrowing WritableFile) throws {
        let shape = try members.shape()
        let dataset = try file.createDataset(members.path(), try creation(shape))
        guard members.has("value") else { return }
        let bytes = try members.members("value").octets()
        try dataset.write(Hyperslab(all: shape), bytes)
    }

    private func creation(_ shape: Shape) throws -> DatasetCreation {
        let datatype = try members.datatype()
        var creation = DatasetCreation(dataspace: try dataspace(shape), datatype: datatype)
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

    private func write(_ file: borrowing WritableFile) throws {
        let dataset = try file.dataset(members.path())
        let selection = try SelectionExpression(parsing: members.text("select"))
        try dataset.write(selection.resolved(in: dataset.dataspace.shape ?? []), members.octets())
    }

    private func setAttribute(_ file: borrowing WritableFile) throws {
        try file.setAttribute(
            HDF5Name(bytes: members.bytes("name")), of: members.path(), dataspace: dataspace(members.shape()),
            datatype: members.datatype(), bytes: members.octets())
    }

    private func modifyAttribute(_ file: borrowing WritableFile) throws {
        let name = HDF5Name(bytes: try members.bytes("name"))
        let stored = try file.contents.attribute(name, of: members.path()).info
        try file.setAttribute(
            name, of: members.path(), dataspace: stored.dataspace, datatype: stored.datatype, bytes: members.octets())
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
    borrowing func write(_ selection: Hyperslab, _ bytes: [UInt8]) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
        defer { buffer.deallocate() }
        buffer.copyBytes(from: bytes)
        try write(selection, as: datatype.packed(), UnsafeRawBufferPointer(buffer))
    }
}
