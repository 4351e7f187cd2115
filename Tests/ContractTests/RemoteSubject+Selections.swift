import LockedH5Client

// What has a selection: its items one by one, as programs write them.
extension RemoteSubject {
    func read<E: Element>(
        _ path: String, as type: E.Type, _ items: [SelectionExpression.Item], fields: [HDF5Name]?,
        _ conversion: Conversion
    ) async throws -> NDArray<E> {
        try await on(.shared) { file in
            let dataset = try await file.dataset(path)
            switch items.count {
            case 0: return try await dataset.read(as: type, fields: fields, converting: conversion)
            case 1: return try await dataset.read(as: type, items[0], fields: fields, converting: conversion)
            case 2: return try await dataset.read(as: type, items[0], items[1], fields: fields, converting: conversion)
            default:
                return try await dataset.read(
                    as: type, items[0], items[1], items[2], fields: fields, converting: conversion)
            }
        }
    }

    func write<E: Element>(
        _ path: String, _ values: NDArray<E>, _ items: [SelectionExpression.Item], fields: [HDF5Name]?
    ) async throws {
        try await on(.exclusive) { file in
            let dataset = try await file.dataset(path)
            switch items.count {
            case 0: try await dataset.write(values, fields: fields)
            case 1: try await dataset.write(values, items[0], fields: fields)
            case 2: try await dataset.write(values, items[0], items[1], fields: fields)
            default: try await dataset.write(values, items[0], items[1], items[2], fields: fields)
            }
        }
    }

    func write<E: Element>(_ path: String, list: [E], _ items: [SelectionExpression.Item]) async throws {
        try await on(.exclusive) { file in
            let dataset = try await file.dataset(path)
            switch items.count {
            case 0: try await dataset.write(list)
            case 1: try await dataset.write(list, items[0])
            case 2: try await dataset.write(list, items[0], items[1])
            default: try await dataset.write(list, items[0], items[1], items[2])
            }
        }
    }

    func write<E: Element>(_ path: String, value: E, _ items: [SelectionExpression.Item]) async throws {
        try await on(.exclusive) { file in
            let dataset = try await file.dataset(path)
            switch items.count {
            case 0: try await dataset.write(value: value)
            case 1: try await dataset.write(value: value, items[0])
            case 2: try await dataset.write(value: value, items[0], items[1])
            default: try await dataset.write(value: value, items[0], items[1], items[2])
            }
        }
    }
}

extension RemoteSubject {
    func resize(_ path: String, to shape: Shape) async throws -> Shape {
        try await on(.exclusive) { file in
            let dataset = try await file.dataset(path)
            try await dataset.resize(to: shape)
            return try dataset.shape
        }
    }

    func facts(_ path: String) async throws -> Facts {
        try await on(.shared) { file in
            let dataset = try await file.dataset(path)
            return Facts(
                shape: try dataset.shape, maximumShape: try dataset.maximumShape, datatype: dataset.datatype,
                chunks: dataset.chunks, filters: dataset.filters.map(\.name), size: try dataset.size,
                byteCount: try dataset.byteCount, count: try dataset.count)
        }
    }

    func get(_ path: String) async throws -> ObjectKind? {
        try await on(.shared) { file in
            switch try await file.get(path) {
            case .group?: return .group
            case .dataset?: return .dataset
            case .datatype?: return .datatype
            case nil: return nil
            }
        }
    }

    func names(_ path: String, below group: String) async throws -> [String?] {
        try await on(.shared) { file in
            let dataset = try await file.group(group).dataset(path)
            return [file.name, dataset.name, dataset.parent.description, dataset.fileName]
        }
    }

    func visit(_ path: String, until kind: ObjectKind?) async throws -> [String] {
        try await on(.shared) { file in
            var names: [String] = []
            let last: String? = try await file.group(path).visitItems { name, object in
                names.append(name)
                return object.kind == kind ? name : nil
            }
            return last.map { [$0] } ?? names
        }
    }

    func copy(_ source: String, ofFile other: String, to path: String) async throws {
        let other = client.file(ServedPath(names: self.path.names.dropLast() + [HDF5Name(other)]))
        try await on(.exclusive) { file in try await file.copy(try await other.group(source), to: path) }
    }
}
