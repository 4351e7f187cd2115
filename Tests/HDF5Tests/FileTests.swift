import Foundation
import H5Model
import HDF5
import LeakCheck
import Testing

@Suite(.leavesNothingOpen) struct FileTests {
    static let files = ["types", "attributes", "links", "names", "listing", "filters", "userblock"]

    @Test(arguments: files, Fixtures.bounds)
    func objects_AreWhatH5pyFinds(kind: String, bound: String) throws {
        let name = "\(kind)-\(bound).h5"
        let expected = try Fixtures.expected(name)
        try Fixtures.open(name) { file in
            for object in try #require(expected.objects) { try compare(object, in: file) }
        }
    }

    private func compare(_ expected: ExpectedObject, in file: borrowing File) throws {
        let path = ObjectPath(expected.path)
        #expect(try file.kind(at: path).rawValue == expected.kind)
        try compareAttributes(expected, try file.object(at: path).attributes(limit: .max))
        switch expected.kind {
        case "group":
            let members = try file.members(of: path, after: nil, limit: .max)
            #expect(members.elements.map { Data($0.name.bytes) } == expected.members, "\(path)")
        case "dataset":
            let dataset = try file.dataset(at: path)
            try compareDescription(expected, try dataset.info(), path)
            try compareValues(expected, dataset)
        default:
            #expect(try file.object(at: path).committedDatatype().text == expected.datatype, "\(path)")
        }
    }

    private func compareAttributes(_ expected: ExpectedObject, _ found: [Attribute]) throws {
        let byName = Dictionary(uniqueKeysWithValues: found.map { (Data($0.info.name.bytes), $0) })
        #expect(byName.count == expected.attributes.count)
        for attribute in expected.attributes {
            let own = try #require(byName[attribute.name])
            #expect(own.info.datatype.text == attribute.datatype, "\(own.info.name)")
            #expect(own.info.dataspace.kind == attribute.space, "\(own.info.name)")
            #expect(own.info.dataspace.shape == attribute.shape, "\(own.info.name)")
            guard own.info.dataspace != .null, attribute.values == nil else {
                #expect(own.value.map { Data($0.bytes) } == attribute.values, "\(own.info.name)")
                continue
            }
            #expect(own.value != nil, "\(own.info.name)")
        }
    }

    private func compareDescription(_ expected: ExpectedObject, _ info: DatasetInfo, _ path: ObjectPath) throws {
        #expect(info.datatype.text == expected.datatype, "\(path)")
        #expect(info.dataspace.kind == expected.space, "\(path)")
        #expect(info.dataspace.shape == expected.shape, "\(path)")
        if case .simple(_, let maximum) = info.dataspace { #expect(maximum == expected.maximum, "\(path)") }
        #expect(info.layout.kind == expected.layout, "\(path)")
        #expect(info.layout.chunk == expected.chunk, "\(path)")
        #expect(info.storageSize == expected.storage, "\(path)")
        #expect(info.attributeCount == expected.attributes.count, "\(path)")
        let filters = info.filters.map {
            ExpectedFilter(id: $0.id, optional: $0.isOptional, parameters: $0.parameters)
        }
        #expect(filters == expected.filters, "\(path)")
        if case .contiguous(let offset) = info.layout { #expect(offset == expected.offset, "\(path)") }
    }

    private func compareValues(_ expected: ExpectedObject, _ dataset: borrowing Dataset) throws {
        guard let values = expected.values, let shape = dataset.dataspace.shape else { return }
        let value = try dataset.read(Selection(all: shape), as: dataset.datatype.packed(), limit: .max)
        #expect(Data(value.bytes) == values, "\(dataset.path)")
        #expect(value.shape == shape, "\(dataset.path)")
    }
}
