public import H5Elements
public import H5Model
import HTTPTypes

extension HDF5Client {
    /// Writes elements to a dataset, or to a selection of it, all or nothing.
    ///
    /// They are sent as JSON and become the dataset's datatype on the server: a number that does not fit, or a fraction
    /// for an integer, is refused with `invalid`. For much, a `Value` takes fewer bytes.
    ///
    /// - Parameters:
    ///   - elements: Row-major.
    ///   - shape: Theirs; nil for a list. It is the selection's, or one that NumPy would broadcast to it: `[]` and one
    ///     element write that everywhere.
    ///   - select: h5py's slices, `0:10,5,::2`; nil selects everything.
    /// - Returns: The tag of what was written.
    @discardableResult
    public func write<E: Element>(
        _ elements: [E], shape: Shape? = nil, to path: ObjectPath, in file: ServedPath, select: String? = nil,
        options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> EntityTag? {
        try await send(try .write(elements, shape, to: path, in: file, select: select), options).tag
    }

    /// Writes the bytes of a value to a dataset, or to a selection or some fields of it, all or nothing.
    ///
    /// The server takes them for elements of the dataset's own datatype: it must be the value's, its padding and the
    /// byte order aside. What was read with `value(of:)` is in this form.
    ///
    /// - Parameters:
    ///   - value: As many elements as are selected.
    ///   - fields: The fields of a compound that the value has, in this order; others stay as they are.
    /// - Returns: The tag of what was written.
    @discardableResult
    public func write(
        _ value: Value, to path: ObjectPath, in file: ServedPath, select: String? = nil, fields: [HDF5Name] = [],
        options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> EntityTag? {
        try await send(try .write(value, to: path, in: file, select: select, fields: fields), options).tag
    }

    /// Makes an attribute of one element, or replaces it.
    @discardableResult
    public func setAttribute(
        _ name: HDF5Name, of path: ObjectPath, in file: ServedPath, to element: some Element,
        options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> EntityTag? {
        try await setAttribute(name, of: path, in: file, to: [element], shape: [], options: options)
    }

    /// Makes an attribute of a list of elements, or replaces it.
    @discardableResult
    public func setAttribute<E: Element>(
        _ name: HDF5Name, of path: ObjectPath, in file: ServedPath, to elements: [E],
        options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> EntityTag? {
        try await setAttribute(name, of: path, in: file, to: elements, shape: [elements.count], options: options)
    }

    /// Makes an attribute, or replaces it; its datatype is the one of Swift's type, strings are of variable length.
    ///
    /// - Parameters:
    ///   - elements: Row-major.
    ///   - shape: The attribute's.
    @discardableResult
    public func setAttribute<E: Element>(
        _ name: HDF5Name, of path: ObjectPath, in file: ServedPath, to elements: [E], shape: Shape,
        options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> EntityTag? {
        try await send(try .setAttribute(name, of: path, in: file, to: elements, shape), options).tag
    }

    /// Makes an attribute of a value's datatype and shape, or replaces it.
    @discardableResult
    public func setAttribute(
        _ name: HDF5Name, of path: ObjectPath, in file: ServedPath, value: Value,
        options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> EntityTag? {
        try await send(try .setAttribute(name, of: path, in: file, value), options).tag
    }

    /// Removes an attribute.
    @discardableResult
    public func removeAttribute(
        _ name: HDF5Name, of path: ObjectPath, in file: ServedPath, options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> EntityTag? {
        try await send(.removeAttribute(name, of: path, in: file), options).tag
    }

    /// Sends a change.
    func send(_ change: Change, _ options: CallOptions) async throws(HDF5ClientError) -> Answer {
        var request = request(change.target, method: change.method, options)
        request.headerFields[.contentType] = change.body.mediaType
        return try await send(request, body: change.body.content, repetition: change.repetition, options)
    }
}
