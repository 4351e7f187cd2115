import LockedH5Client

/// A file that the client uses: each call is a request of its own, or a lease.
struct RemoteSubject: Subject {
    let client: HDF5Client
    let path: ServedPath
    let isLeased: Bool

    func on<R: Sendable>(
        _ mode: LockMode, _ body: @escaping @Sendable (any FileAccess) async throws -> R
    ) async throws -> R {
        if !isLeased { return try await body(client.file(path)) }
        return try await client.withFile(path, mode) { file in try await body(file) }
    }

    func createGroup(_ path: String, tracksCreationOrder: Bool) async throws {
        try await on(.exclusive) { file in
            _ = try await file.createGroup(path, tracksCreationOrder: tracksCreationOrder)
        }
    }

    func requireGroup(_ path: String) async throws {
        try await on(.exclusive) { file in _ = try await file.requireGroup(path) }
    }

    func keys(_ path: String) async throws -> [HDF5Name] {
        try await on(.shared) { file in try await file.group(path).keys }
    }

    func count(_ path: String) async throws -> Int {
        try await on(.shared) { file in try await file.group(path).count }
    }

    func kinds(_ path: String) async throws -> [ObjectKind] {
        try await on(.shared) { file in try await file.group(path).values.map(\.kind) }
    }

    func linkClasses(_ path: String) async throws -> [String] {
        try await on(.shared) { file in try await file.group(path).items.map(\.link.className) }
    }

    func contains(_ path: String) async throws -> Bool {
        try await on(.shared) { file in try await file.contains(path) }
    }

    func kind(_ path: String) async throws -> ObjectKind? {
        try await on(.shared) { file in try await file.kind(path) }
    }

    func link(_ path: String) async throws -> Link {
        try await on(.shared) { file in try await file.link(path) }
    }

    func link(_ path: String, to target: LinkTarget) async throws {
        try await on(.exclusive) { file in try await file.link(path, to: target) }
    }

    func link(_ path: String, toDataset object: String) async throws {
        try await on(.exclusive) { file in try await file.link(path, to: try await file.dataset(object)) }
    }

    func remove(_ path: String) async throws {
        try await on(.exclusive) { file in try await file.remove(path) }
    }

    func move(_ path: String, to newPath: String) async throws {
        try await on(.exclusive) { file in try await file.move(path, to: newPath) }
    }

    func copy(_ source: String, to path: String, _ options: CopyOptions) async throws {
        try await on(.exclusive) { file in try await file.copy(source, to: path, options) }
    }

    func clear(_ path: String) async throws {
        try await on(.exclusive) { file in try await file.group(path).clear() }
    }

    func pop(_ path: String) async throws {
        try await on(.exclusive) { file in _ = try await file.pop(path) }
    }

    func popItem(_ path: String) async throws -> HDF5Name? {
        try await on(.exclusive) { file in try await file.group(path).popItem()?.name }
    }

    func setDefault(_ path: String, _ values: [Int]) async throws -> [Int] {
        try await on(.exclusive) { file in try await file.setDefault(path, values).read(as: Int.self).elements }
    }

    func update(_ values: [String: [Int]]) async throws {
        try await on(.exclusive) { file in try await file.update(values) }
    }

    func commit(_ type: Datatype, at path: String) async throws -> Datatype {
        try await on(.exclusive) { file in try await file.commit(type, at: path).datatype }
    }

    func createDataset(_ path: String, _ creation: DatasetCreation) async throws {
        try await on(.exclusive) { file in _ = try await file.createDataset(path, creation) }
    }

    func createDataset<E: Element>(_ path: String, of type: E.Type, shape: Shape, fillValue: E?) async throws {
        try await on(.exclusive) { file in
            _ = try await file.createDataset(path, of: type, shape: shape, fillValue: fillValue)
        }
    }

    func createDataset<E: Element>(_ path: String, _ values: NDArray<E>, _ options: Options<E>) async throws {
        try await on(.exclusive) { file in
            _ = try await file.createDataset(
                path, values, maximumShape: options.maximumShape, datatype: options.datatype, chunks: options.chunks,
                filters: options.filters, fillValue: options.fillValue)
        }
    }

    func createDataset<E: Element>(_ path: String, value: E) async throws {
        try await on(.exclusive) { file in _ = try await file.createDataset(path, value: value) }
    }

    func requireDataset<E: Element>(_ path: String, of type: E.Type, shape: Shape, exact: Bool) async throws -> Datatype
    {
        try await on(.exclusive) { file in
            try await file.requireDataset(path, of: type, shape: shape, exact: exact).datatype
        }
    }

    func info(_ path: String) async throws -> DatasetInfo {
        try await on(.shared) { file in try await file.dataset(path).info }
    }

    func fillValue<E: Element>(_ path: String, as type: E.Type) async throws -> E? {
        try await on(.shared) { file in try await file.dataset(path).fillValue(as: type) }
    }

    func chunkSelections(_ path: String) async throws -> [Hyperslab] {
        try await on(.shared) { file in try await file.dataset(path).chunkSelections }
    }

    func read<E: Element>(_ path: String, as type: E.Type, points: [[Int]]) async throws -> [E] {
        try await on(.shared) { file in try await file.dataset(path).read(as: type, points: points) }
    }

    func read<E: Element>(_ path: String, as type: E.Type, mask: NDArray<Bool>) async throws -> [E] {
        try await on(.shared) { file in try await file.dataset(path).read(as: type, mask: mask) }
    }

    func write<E: Element>(_ path: String, _ values: [E], points: [[Int]]) async throws {
        try await on(.exclusive) { file in try await file.dataset(path).write(values, points: points) }
    }

    func write<E: Element>(_ path: String, _ values: [E], mask: NDArray<Bool>) async throws {
        try await on(.exclusive) { file in try await file.dataset(path).write(values, mask: mask) }
    }

    func makeScale(_ path: String, named name: HDF5Name) async throws {
        try await on(.exclusive) { file in try await file.dataset(path).makeScale(named: name) }
    }

    func label(_ path: String, _ dimension: Int, _ label: HDF5Name) async throws {
        try await on(.exclusive) { file in try await file.dataset(path).labelDimension(dimension, label) }
    }

    func attach(_ scale: String, to path: String, _ dimension: Int) async throws {
        try await on(.exclusive) { file in
            try await file.dataset(path).attachScale(try await file.dataset(scale), to: dimension)
        }
    }

    func detach(_ scale: String, from path: String, _ dimension: Int) async throws {
        try await on(.exclusive) { file in
            try await file.dataset(path).detachScale(try await file.dataset(scale), from: dimension)
        }
    }

    func dimensionScales(_ path: String) async throws -> DimensionScales {
        try await on(.shared) { file in try await file.dataset(path).dimensionScales }
    }

    func reference(_ path: String) async throws -> Reference {
        try await on(.shared) { file in try await file.group(path).reference }
    }

    func regionReference(_ path: String, rows: Range<Int>, column: Int) async throws -> Reference {
        try await on(.shared) { file in try await file.dataset(path).regionReference(rows, column) }
    }

    func follow(_ reference: Reference) async throws -> Shape {
        try await on(.shared) { file in try await file.dataset(reference).shape }
    }

    func read(region: Reference) async throws -> [Int] {
        try await on(.shared) { file in try await file.dataset(region).read(as: Int.self, region: region) }
    }

    func attributeNames(_ path: String) async throws -> [HDF5Name] {
        try await on(.shared) { file in try await file.group(path).attributes.names }
    }

    func hasAttribute(_ name: HDF5Name, _ path: String) async throws -> Bool {
        try await on(.shared) { file in try await file.group(path).attributes.contains(name) }
    }

    func attribute(_ name: HDF5Name, _ path: String) async throws -> Attribute {
        try await on(.shared) { file in try await file.group(path).attributes.attribute(name) }
    }

    func attribute<E: Element>(_ name: HDF5Name, _ path: String, as type: E.Type) async throws -> E {
        try await on(.shared) { file in try await file.group(path).attributes.get(name, as: type) }
    }

    func attributeArray<E: Element>(_ name: HDF5Name, _ path: String, as type: E.Type) async throws -> NDArray<E> {
        try await on(.shared) { file in try await file.group(path).attributes.array(name, as: type) }
    }

    func setAttribute<E: Element>(_ name: HDF5Name, _ path: String, to values: NDArray<E>, _ type: Datatype?)
        async throws
    {
        try await on(.exclusive) { file in try await file.group(path).attributes.set(name, to: values, datatype: type) }
    }

    func setEmptyAttribute(_ name: HDF5Name, _ path: String, _ type: Datatype) async throws {
        try await on(.exclusive) { file in try await file.group(path).attributes.setEmpty(name, datatype: type) }
    }

    func modifyAttribute<E: Element>(_ name: HDF5Name, _ path: String, to values: NDArray<E>) async throws {
        try await on(.exclusive) { file in try await file.group(path).attributes.modify(name, to: values) }
    }

    func removeAttribute(_ name: HDF5Name, _ path: String) async throws {
        try await on(.exclusive) { file in try await file.group(path).attributes.remove(name) }
    }

    func userBlockSize() async throws -> Int {
        try await on(.shared) { file in try await file.userBlockSize }
    }
}
