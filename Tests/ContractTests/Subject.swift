import LockedH5
import LockedH5Client

/// How a file is used: with the library, or with the client, by single requests or under a lease.
enum Access: CaseIterable, Sendable {
    case local, remote, leased
}

/// What a test knows of a dataset.
struct Facts: Equatable {
    var shape: Shape
    var maximumShape: [Int?]
    var datatype: Datatype
    var chunks: Shape?
    var filters: [String]
    var size: Int
    var byteCount: Int
    var count: Int
}

/// A file as both libraries have it: each call is a scope, or a request, of its own.
///
/// What is chosen is told as the text of a selection's items, since a protocol's existential has no packs.
protocol Subject: Sendable {
    // Objects and members.
    func createGroup(_ path: String, tracksCreationOrder: Bool) async throws
    func requireGroup(_ path: String) async throws
    func keys(_ path: String) async throws -> [HDF5Name]
    func count(_ path: String) async throws -> Int
    func kinds(_ path: String) async throws -> [ObjectKind]
    func linkClasses(_ path: String) async throws -> [String]
    func contains(_ path: String) async throws -> Bool
    func kind(_ path: String) async throws -> ObjectKind?
    func link(_ path: String) async throws -> Link
    func get(_ path: String) async throws -> ObjectKind?
    func names(_ path: String, below group: String) async throws -> [String?]
    func visit(_ path: String, until kind: ObjectKind?) async throws -> [String]

    // Links.
    func link(_ path: String, to target: LinkTarget) async throws
    func link(_ path: String, toDataset object: String) async throws
    func remove(_ path: String) async throws
    func move(_ path: String, to newPath: String) async throws
    func copy(_ source: String, to path: String, _ options: CopyOptions) async throws
    func copy(_ source: String, ofFile other: String, to path: String) async throws
    func clear(_ path: String) async throws
    func pop(_ path: String) async throws
    func popItem(_ path: String) async throws -> HDF5Name?
    func setDefault(_ path: String, _ values: [Int]) async throws -> [Int]
    func update(_ values: [String: [Int]]) async throws
    func commit(_ type: Datatype, at path: String) async throws -> Datatype

    // Datasets.
    func createDataset(_ path: String, _ creation: DatasetCreation) async throws
    func createDataset<E: Element>(_ path: String, of type: E.Type, shape: Shape, fillValue: E?) async throws
    func createDataset<E: Element>(_ path: String, _ values: NDArray<E>, _ options: Options<E>) async throws
    func createDataset<E: Element>(_ path: String, value: E) async throws
    func requireDataset<E: Element>(_ path: String, of type: E.Type, shape: Shape, exact: Bool) async throws -> Datatype
    func facts(_ path: String) async throws -> Facts
    func info(_ path: String) async throws -> DatasetInfo
    func fillValue<E: Element>(_ path: String, as type: E.Type) async throws -> E?
    func chunkSelections(_ path: String) async throws -> [Hyperslab]
    func read<E: Element>(
        _ path: String, as type: E.Type, _ selection: [SelectionExpression.Item], fields: [HDF5Name]?,
        _ conversion: Conversion
    ) async throws -> NDArray<E>
    func read<E: Element>(_ path: String, as type: E.Type, points: [[Int]]) async throws -> [E]
    func read<E: Element>(_ path: String, as type: E.Type, mask: NDArray<Bool>) async throws -> [E]
    func write<E: Element>(
        _ path: String, _ values: NDArray<E>, _ selection: [SelectionExpression.Item], fields: [HDF5Name]?
    ) async throws
    func write<E: Element>(_ path: String, list: [E], _ selection: [SelectionExpression.Item]) async throws
    func write<E: Element>(_ path: String, value: E, _ selection: [SelectionExpression.Item]) async throws
    func write<E: Element>(_ path: String, _ values: [E], points: [[Int]]) async throws
    func write<E: Element>(_ path: String, _ values: [E], mask: NDArray<Bool>) async throws
    func resize(_ path: String, to shape: Shape) async throws -> Shape

    // Dimensions and references.
    func makeScale(_ path: String, named name: HDF5Name) async throws
    func label(_ path: String, _ dimension: Int, _ label: HDF5Name) async throws
    func attach(_ scale: String, to path: String, _ dimension: Int) async throws
    func detach(_ scale: String, from path: String, _ dimension: Int) async throws
    func dimensionScales(_ path: String) async throws -> DimensionScales
    func reference(_ path: String) async throws -> Reference
    func regionReference(_ path: String, rows: Range<Int>, column: Int) async throws -> Reference
    func follow(_ reference: Reference) async throws -> Shape
    func read(region: Reference) async throws -> [Int]

    // Attributes.
    func attributeNames(_ path: String) async throws -> [HDF5Name]
    func hasAttribute(_ name: HDF5Name, _ path: String) async throws -> Bool
    func attribute(_ name: HDF5Name, _ path: String) async throws -> Attribute
    func attribute<E: Element>(_ name: HDF5Name, _ path: String, as type: E.Type) async throws -> E
    func attributeArray<E: Element>(_ name: HDF5Name, _ path: String, as type: E.Type) async throws -> NDArray<E>
    func setAttribute<E: Element>(_ name: HDF5Name, _ path: String, to values: NDArray<E>, _ type: Datatype?)
        async throws
    func setEmptyAttribute(_ name: HDF5Name, _ path: String, _ type: Datatype) async throws
    func modifyAttribute<E: Element>(_ name: HDF5Name, _ path: String, to values: NDArray<E>) async throws
    func removeAttribute(_ name: HDF5Name, _ path: String) async throws

    // The file.
    func userBlockSize() async throws -> Int
}

/// What may be chosen of a new dataset with values.
struct Options<E: Element>: Sendable {
    var datatype: Datatype?
    var maximumShape: [Int?]?
    var chunks: Shape?
    var filters: [Filter] = []
    var fillValue: E?
}

extension Subject {
    func createGroup(_ path: String) async throws { try await createGroup(path, tracksCreationOrder: false) }

    func createDataset<E: Element>(_ path: String, _ values: [E], datatype: Datatype? = nil) async throws {
        try await createDataset(path, NDArray(values), Options(datatype: datatype))
    }

    func read<E: Element>(
        _ path: String, as type: E.Type = E.self, _ selection: SelectionExpression.Item..., fields: [HDF5Name]? = nil,
        converting conversion: Conversion = .lossless
    ) async throws -> NDArray<E> {
        try await read(path, as: type, selection, fields: fields, conversion)
    }

    func write<E: Element>(
        _ path: String, _ values: [E], _ selection: SelectionExpression.Item..., fields: [HDF5Name]? = nil
    ) async throws {
        try await write(path, NDArray(values), selection, fields: fields)
    }

    func setAttribute<E: Element>(_ name: HDF5Name, _ path: String, to value: E) async throws {
        try await setAttribute(name, path, to: NDArray(scalar: value), nil)
    }
}
