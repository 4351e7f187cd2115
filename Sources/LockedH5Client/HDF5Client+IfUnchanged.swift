public import H5Elements
public import H5Model
import HTTPMessage
import HTTPTypes

extension HDF5Client {
    /// Reads elements of a dataset, lets `change` work on them, and writes them back if nobody has changed them since;
    /// else it begins anew.
    ///
    /// So nothing that others write meanwhile is lost, and no lock is held while `change` runs; it may run several times.
    /// This is for small changes that seldom meet: where many write to one file, or a change needs much time, take a
    /// lease (`withFile`), which waits for its turn.
    ///
    /// ```swift
    /// try await client.ifUnchanged("/counts", in: "run1.h5", select: "0:4", as: Int.self) { counts in
    ///     counts[2] += 1
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - select: h5py's slices, `0:10,5,::2`; nil selects everything.
    ///   - attempts: How often the elements are read at the most, after growing, random pauses.
    ///   - change: Gets the elements, row-major; their number must stay. What it throws ends it all, and nothing is
    ///     written.
    /// - Returns: The elements as they were written.
    /// - Throws: What `change` throws, and `HDF5ClientError`: `preconditionFailed` when the last attempt met a change too;
    ///   `invalid` where the elements do not fit in the dataset; `outcomeUnknown` where the answer to a write was
    ///   lost and the file has changed since, by that write or another one.
    @discardableResult
    public func ifUnchanged<E: Element>(
        _ path: ObjectPath, in file: ServedPath, select: String? = nil, as type: E.Type = E.self,
        attempts: Int = 10, options: CallOptions = CallOptions(), isolation: isolated (any Actor)? = #isolation,
        _ change: (inout [E]) async throws -> Void
    ) async throws -> [E] {
        var written: [E] = []
        let target = ResourceTarget(littleEndianValuesOf: path, in: file, select: select)
        try await update(target, .put, attempts, options) { value in
            written = try value.elements(as: type)
            try await change(&written)
            return .bytes(try value.replacing(written).bytes)
        }
        return written
    }

    /// Does the same with the bytes of a dataset's values, or of some of its fields.
    ///
    /// - Parameter change: Gets the value with little-endian numbers; its datatype must stay.
    /// - Returns: The value as it was written.
    @discardableResult
    public func ifUnchanged(
        valueOf path: ObjectPath, in file: ServedPath, select: String? = nil, fields: [HDF5Name] = [],
        attempts: Int = 10, options: CallOptions = CallOptions(), isolation: isolated (any Actor)? = #isolation,
        _ change: (inout Value) async throws -> Void
    ) async throws -> Value {
        let target = ResourceTarget(littleEndianValuesOf: path, in: file, select: select, fields: fields)
        var written = Value(datatype: .integer(.init(size: 1, isSigned: false)), shape: [], bytes: [])
        try await update(target, .put, attempts, options) { value in
            written = value
            try await change(&written)
            guard written.datatype == value.datatype else {
                throw HDF5ClientError(
                    ServiceError(.invalid, "\(value.datatype.title) have become \(written.datatype.title)"))
            }
            return .bytes(written.bytes)
        }
        return written
    }

    /// Does the same with an attribute, whose datatype and shape stay. What does not fit in it the server refuses.
    @discardableResult
    public func ifUnchanged<E: Element>(
        attribute name: HDF5Name, of path: ObjectPath, in file: ServedPath, as type: E.Type = E.self,
        attempts: Int = 10, options: CallOptions = CallOptions(), isolation: isolated (any Actor)? = #isolation,
        _ change: (inout [E]) async throws -> Void
    ) async throws -> [E] {
        var written: [E] = []
        let target = ResourceTarget(attribute: name, of: path, in: file)
        try await update(target, .patch, attempts, options) { value in
            written = try value.elements(as: type)
            try await change(&written)
            return .json(try value.replacing(written).text)
        }
        return written
    }

    /// Reads a resource, has it changed and writes it, until no other change comes in between.
    ///
    /// The target is the same for both: of what is small, the server then compares just what was read, and not the file.
    private func update(
        _ target: ResourceTarget, _ method: HTTPRequest.Method, _ attempts: Int, _ options: CallOptions,
        isolation: isolated (any Actor)? = #isolation, _ change: (Value) async throws -> Change.Body
    ) async throws {
        var attempt = OptimisticAttempt(limit: attempts, options: options)
        while true {
            try await attempt.begin(clock)
            let found = try await value(target, attempt.reading)
            guard let value = found.content else {
                throw HDF5ClientError(
                    ServiceError(.invalid, "a null dataspace holds no values that could be changed"))
            }
            guard let writing = attempt.writing(found.tag) else { continue }
            let changed = Change(method: method, target: target, body: try await change(value))
            do {
                _ = try await send(changed, writing)
                return
            } catch {
                try attempt.meet(error)
            }
        }
    }
}

/// One of several attempts to write what was read before.
private struct OptimisticAttempt {
    private let limit: Int
    private let options: CallOptions
    private var count = 0
    private var longestPause = Duration.milliseconds(10)
    private var failure = HDF5ClientError(.notSent("ifUnchanged needs one attempt at least"))

    init(limit: Int, options: CallOptions) {
        self.limit = limit
        self.options = options
    }

    /// Begins the next attempt, after a pause where it is not the first.
    /// - Throws: Why the last one failed, when there are to be no more.
    mutating func begin(_ clock: any LeaseClock) async throws {
        guard count < limit else { throw failure }
        count += 1
        if count == 1 { return }
        // A tag is weak for the first 20 ms: to read again before would be for nothing.
        try await clock.sleep(for: .milliseconds(20) + longestPause * .random(in: 0...1))
        longestPause = min(longestPause * 2, .seconds(1))
    }

    /// What the read asks for.
    var reading: CallOptions {
        var options = options
        options.ifMatch = nil
        return options
    }

    /// What the write asks for; nil where what was read is not known again.
    mutating func writing(_ tag: EntityTag?) -> CallOptions? {
        guard let tag, !tag.isWeak else {
            failure = HDF5ClientError(.notUnderstood("the server gave no tag by which what was read is known again"))
            return nil
        }
        var options = options
        options.ifMatch = tag
        return options
    }

    /// A write has failed.
    /// - Throws: The error, unless another attempt may do better.
    mutating func meet(_ error: any Error) throws {
        guard let error = error as? HDF5ClientError, error.refusal?.code == .preconditionFailed else { throw error }
        failure = error
    }
}
