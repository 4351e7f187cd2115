public import H5Elements
public import H5Model
import HTTPMessage
import HTTPTypes

/// Changes of one file that are carried out together, in their order, or not at all.
public struct Batch: Sendable {
    private let file: ServedPath
    private var changes: [Change] = []

    init(of file: ServedPath) {
        self.file = file
    }

    /// See `HDF5Client.write(_:shape:to:in:select:options:)`.
    public mutating func write<E: Element>(
        _ elements: [E], shape: Shape? = nil, to dataset: ObjectPath, select: String? = nil
    ) throws(HDF5ClientError) {
        changes.append(try .write(elements, shape, to: dataset, in: file, select: select))
    }

    /// See `HDF5Client.write(_:to:in:select:fields:options:)`.
    public mutating func write(
        _ value: Value, to dataset: ObjectPath, select: String? = nil, fields: [HDF5Name] = []
    ) throws(HDF5ClientError) {
        changes.append(try .write(value, to: dataset, in: file, select: select, fields: fields))
    }

    /// See `HDF5Client.setAttribute(_:of:in:to:options:)`.
    public mutating func setAttribute(
        _ name: HDF5Name, of object: ObjectPath, to element: some Element
    ) throws(HDF5ClientError) {
        try setAttribute(name, of: object, to: [element], shape: [])
    }

    /// See `HDF5Client.setAttribute(_:of:in:to:options:)`.
    public mutating func setAttribute<E: Element>(
        _ name: HDF5Name, of object: ObjectPath, to elements: [E]
    ) throws(HDF5ClientError) {
        try setAttribute(name, of: object, to: elements, shape: [elements.count])
    }

    /// See `HDF5Client.setAttribute(_:of:in:to:shape:options:)`.
    public mutating func setAttribute<E: Element>(
        _ name: HDF5Name, of object: ObjectPath, to elements: [E], shape: Shape
    ) throws(HDF5ClientError) {
        changes.append(try .setAttribute(name, of: object, in: file, to: elements, shape))
    }

    /// See `HDF5Client.setAttribute(_:of:in:value:options:)`.
    public mutating func setAttribute(
        _ name: HDF5Name, of object: ObjectPath, value: Value
    ) throws(HDF5ClientError) {
        changes.append(try .setAttribute(name, of: object, in: file, value))
    }

    /// See `HDF5Client.removeAttribute`.
    public mutating func removeAttribute(_ name: HDF5Name, of object: ObjectPath) {
        changes.append(.removeAttribute(name, of: object, in: file))
    }

    /// All changes as the body of one request; nil where there are none.
    var body: [UInt8]? { changes.isEmpty ? nil : Self.body(of: changes) }

    /// Changes as the body of one request.
    static func body(of changes: [Change]) -> [UInt8] {
        var json = JSONWriter()
        json.array { json in
            for change in changes { change.write(to: &json) }
        }
        return json.bytes
    }
}

extension Change {
    fileprivate func write(to json: inout JSONWriter) {
        json.object { json in
            json.key("method")
            json.string(method.rawValue)
            json.key("target")
            json.string(target.text)
            guard let mediaType = body.mediaType else { return }
            json.key("headers")
            json.object { json in
                json.key("Content-Type")
                json.string(mediaType)
            }
            json.key("body")
            switch body {
            case .none: json.null()
            case .json(let text): json.raw(utf8: text)
            case .bytes(let bytes): json.string(utf8: Base64.encode(bytes))
            }
        }
    }
}

extension HDF5Client {
    /// Changes a file in one request and one transaction: all of it is done, or nothing.
    ///
    /// ```swift
    /// try await client.batch("run1.h5") { batch in
    ///     try batch.write([0.5, 0.25], to: "/gain")
    ///     try batch.setAttribute("calibrated", of: "/gain", to: true)
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - options: With `ifMatch`, nothing is done unless the file is as it was when it had that tag.
    ///   - collect: Says what is to be changed; nothing is sent before it returns.
    /// - Throws: What `collect` throws, and the refusal of the first change that fails, with its `index`.
    public func batch(
        _ file: ServedPath, options: CallOptions = CallOptions(),
        _ collect: (inout Batch) throws -> Void
    ) async throws {
        var batch = Batch(of: file)
        try collect(&batch)
        guard let body = batch.body else { return }
        _ = try await send(
            Change(method: .post, target: ResourceTarget("batch", file: file), body: .json(body)), options)
    }
}

extension LeasedFile {
    /// See `HDF5Client.batch`.
    public func batch(
        options: CallOptions = CallOptions(), _ collect: (inout Batch) throws -> Void
    ) async throws {
        try await client.batch(servedPath, options: options, collect)
    }
}
