internal import CHDF5
package import H5Model

extension Dataset {
    private var reading: String { "reading the dimensions of \(path)" }
    private var rank: Int { dataspace.shape?.count ?? 0 }

    private var isScale: Bool {
        get throws(HDF5Error) { try check(H5DSis_scale(object.handle.id), reading) > 0 }
    }

    /// The corresponding C functions are `H5DSis_scale`, `H5DSget_scale_name`, `H5DSget_label` and `H5DSiterate_scales`.
    package func dimensionScales() throws(HDF5Error) -> DimensionScales {
        let name = try isScale ? try text { H5DSget_scale_name(object.handle.id, $0, $1) } : nil
        var dimensions: [DimensionScales.Dimension] = []
        for dimension in 0..<UInt32(rank) {
            let label = try text { H5DSget_label(object.handle.id, dimension, $0, $1) }
            dimensions.append(DimensionScales.Dimension(label: label, scales: try scales(of: dimension)))
        }
        return DimensionScales(scaleName: name, dimensions: dimensions)
    }

    private func text(_ get: (UnsafeMutablePointer<CChar>?, Int) -> Int) throws(HDF5Error) -> HDF5Name {
        var text = [CChar](repeating: 0, count: try check(get(nil, 0), reading) + 1)
        try check(get(&text, text.count), reading)
        return HDF5Name(bytes: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)))
    }

    private func scales(of dimension: UInt32) throws(HDF5Error) -> [ObjectPath?] {
        var paths: [ObjectPath?] = []
        for number in 0..<(try check(H5DSget_num_scales(object.handle.id, dimension), reading)) {
            var (path, index) = (ObjectPath?.none, number)
            // Of a scale that is there no more the reference leads nowhere, and the call fails.
            _ = withUnsafeMutablePointer(to: &path) { path in
                H5DSiterate_scales(object.handle.id, dimension, &index, take, path)
            }
            paths.append(path)
        }
        return paths
    }
}

/// Takes the first scale that it is given.
private func take(_: hid_t, _: UInt32, scale: hid_t, context: UnsafeMutableRawPointer?) -> herr_t {
    context?.assumingMemoryBound(to: ObjectPath?.self).pointee = (try? path(of: scale, "a dimension scale")) ?? nil
    return 1
}

extension Dataset {
    /// The corresponding C function is `H5DSset_scale`.
    package func makeScale(named name: HDF5Name) throws(HDF5Error) {
        if try dimensionScales().dimensions.contains(where: { !$0.scales.isEmpty }) {
            throw HDF5Error(.invalid, "\(path) has scales attached to it, and so cannot be one itself")
        }
        if H5DSset_scale(object.handle.id, try cString(name.bytes)) < 0 {
            throw HDF5Error.refused("making a scale of \(path)")
        }
    }

    /// The corresponding C function is `H5DSset_label`.
    package func label(_ dimension: Int, _ label: HDF5Name) throws(HDF5Error) {
        let index = try index(of: dimension)
        if H5DSset_label(object.handle.id, index, try cString(label.bytes)) < 0 {
            throw HDF5Error.refused("labelling dimension \(dimension) of \(path)")
        }
    }

    /// The corresponding C function is `H5DSattach_scale`.
    package func attach(_ scale: borrowing Dataset, to dimension: Int) throws(HDF5Error) {
        let index = try index(of: dimension)
        let (own, other) = (try object.facts().token, try scale.object.facts().token)
        if own == other { throw HDF5Error(.invalid, "\(path) cannot be a scale of itself") }
        if try isScale { throw HDF5Error(.invalid, "\(path) is a scale, to which no other is attached") }
        let kind = try scale.dimensionScales()
        if kind.scaleName == nil, kind.dimensions.contains(where: { !$0.scales.isEmpty }) {
            throw HDF5Error(.invalid, "\(scale.path) has scales attached to it, and so cannot be one itself")
        }
        if H5DSattach_scale(object.handle.id, scale.object.handle.id, index) < 0 {
            throw HDF5Error.refused("attaching \(scale.path) to dimension \(dimension) of \(path)")
        }
    }

    /// The corresponding C function is `H5DSdetach_scale`.
    package func detach(_ scale: borrowing Dataset, from dimension: Int) throws(HDF5Error) {
        let index = try index(of: dimension)
        guard try check(H5DSis_attached(object.handle.id, scale.object.handle.id, index), reading) > 0 else {
            throw HDF5Error(.missing, "\(scale.path) is not attached to dimension \(dimension) of \(path)")
        }
        if H5DSdetach_scale(object.handle.id, scale.object.handle.id, index) < 0 {
            throw HDF5Error.refused("detaching \(scale.path) from dimension \(dimension) of \(path)")
        }
    }

    private func index(of dimension: Int) throws(HDF5Error) -> UInt32 {
        guard (0..<rank).contains(dimension) else {
            throw HDF5Error(.outOfBounds, "\(path) has \(rank) dimensions, and so none of the number \(dimension)")
        }
        return UInt32(dimension)
    }
}

extension File {
    /// Changes what the dataset at `path` says of its dimensions.
    package func change(_ change: DimensionChange, of path: ObjectPath) throws(HDF5Error) {
        let dataset = try dataset(at: path)
        switch change {
        case .makeScale(let name): try dataset.makeScale(named: name)
        case .label(let dimension, let label): try dataset.label(dimension, label)
        case .attach(let dimension, let scale): try dataset.attach(try self.scale(at: scale), to: dimension)
        case .detach(let dimension, let scale): try dataset.detach(try self.scale(at: scale), from: dimension)
        }
    }

    private func scale(at path: ObjectPath) throws(HDF5Error) -> Dataset {
        do throws(HDF5Error) {
            return try dataset(at: path)
        } catch {
            throw error.staying("a dimension's scale is a dataset of its own file")
        }
    }
}
