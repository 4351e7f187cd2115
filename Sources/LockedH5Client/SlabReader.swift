import H5Model

/// Reads a dataset's values a slab at a time, all in one state of the file.
struct SlabReader: Sendable {
    /// What is to be read, as long as the file stays as it is.
    struct Plan: Sendable {
        var selection: Selection
        /// The number of elements of the selection.
        var count: Int
        /// Bytes of an element; 0 where they are not all equal.
        var elementSize: Int
        /// Elements of a slab.
        var limit: Int
        var chunk: Shape?
        /// For each slab.
        var options: CallOptions

        /// How much of it so many elements are.
        func progress(_ count: Int) -> TransferProgress {
            let (total, isTooMuch) = self.count.multipliedReportingOverflow(by: elementSize)
            return TransferProgress(bytes: count * elementSize, total: elementSize == 0 || isTooMuch ? nil : total)
        }

        /// The slab that begins at an element's number; nil at the end.
        func slab(from first: Int) -> Slab? {
            first < count ? selection.slab(from: first, limit: limit, chunk: chunk) : nil
        }
    }

    let client: HDF5Client
    let file: ServedPath
    let path: ObjectPath
    let select: String?
    let slabSize: Int
    let options: CallOptions

    /// A variable-length element counts as so many bytes.
    private static let variableSize = 256
    /// How often a file that changes while it is begun is tried.
    private static let attempts = 20

    /// What is to be read, and the values of the first slab; nil for no elements.
    func begin() async throws(HDF5ClientError) -> (Plan, Value)? {
        for _ in 0..<Self.attempts {
            let description = try await client.describeDataset(path, in: file, options: options)
            guard var plan = try plan(description), let slab = plan.slab(from: 0) else { return nil }
            let first = try await client.taggedValue(
                of: path, in: file, select: try slab.selectText(), options: options)
            guard let value = first.content else { throw changed(at: 0, of: plan) }
            if client.isLeased(options) || options.ifMatch != nil { return (plan, value) }
            if let tag = first.tag, !tag.isWeak, try await isStill(description, tag) {
                plan.options.ifMatch = tag
                return (plan, value)
            }
            // For 20 ms after a change the server does not tell the state from the one before.
            try await client.pause(until: client.clock.now + .milliseconds(25))
        }
        throw HDF5ClientError(
            .changedMeanwhile("\(file) is changed all the time, so that no two slabs of \(path) are of one state"))
    }

    /// The values of a slab.
    func read(_ slab: Slab, of plan: Plan, from first: Int) async throws(HDF5ClientError) -> Value {
        do throws(HDF5ClientError) {
            let select = try slab.selectText()
            let value = try await client.value(of: path, in: file, select: select, options: plan.options)
            guard let value else { throw changed(at: first, of: plan) }
            return value
        } catch {
            if error.refusal?.code == .preconditionFailed { throw changed(at: first, of: plan) }
            throw error.after(plan.progress(first))
        }
    }

    private func plan(_ description: DatasetDescription) throws(HDF5ClientError) -> Plan? {
        guard let shape = description.shape else { return nil }
        let selection: Selection
        do throws(ServiceError) {
            selection = .hyperslab(try SelectionExpression(parsing: select ?? "").resolved(in: shape))
        } catch {
            throw HDF5ClientError(.notSent("\(path) in \(file): \(error.message)"))
        }
        guard let count = selection.elementCount else {
            throw HDF5ClientError(.notSent("\(path) in \(file) has more elements than can be counted"))
        }
        let size = description.datatype.hasVariableLength ? Self.variableSize : max(description.datatype.size, 1)
        var limit = max(slabSize / size, 1)
        if let layer = selection.chunkLayer(of: description.chunks), layer / 2 <= limit { limit = max(limit, layer) }
        return Plan(
            selection: selection, count: count,
            elementSize: description.datatype.hasVariableLength ? 0 : description.datatype.size,
            limit: limit, chunk: description.chunks, options: options)
    }

    /// Whether the dataset is what it was, in the state of the first slab.
    ///
    /// The tag of a virtual dataset's values tells of its sources too, that of its description does not.
    private func isStill(_ description: DatasetDescription, _ tag: EntityTag) async throws(HDF5ClientError) -> Bool {
        var options = options
        options.ifMatch = description.layout == .virtual ? nil : tag
        do throws(HDF5ClientError) {
            return try await client.describeDataset(path, in: file, options: options) == description
        } catch {
            guard error.refusal?.code == .preconditionFailed else { throw error }
            return false
        }
    }

    private func changed(at first: Int, of plan: Plan) -> HDF5ClientError {
        HDF5ClientError(
            .changedMeanwhile(
                "\(file) was changed after \(first) of \(plan.count) elements of \(path) had been read: the rest "
                    + "would be of another state"))
    }
}

extension Slab {
    fileprivate func selectText() throws(HDF5ClientError) -> String? {
        guard case .hyperslab(let slab) = selection else { return nil }
        return try slab.selectText()
    }
}
