import H5Model
import HDF5JSON
import Routes

/// A quick look at values: two dimensions as a map of colours, one as a line.
struct Picture {
    private let plan: ValuesPlan
    private let options: PictureOptions
    private let selection: Selection
    private let number: NumberCast.Number

    /// - Throws: `not_acceptable` for values that have no picture.
    init(_ plan: ValuesPlan, _ options: PictureOptions, _ object: ObjectPath) throws(ServiceError) {
        guard let selection = plan.selection else {
            throw Representation.png.refusal("\(object)", "has a null dataspace, which holds no values")
        }
        guard let number = plan.datatype.drawnNumber else {
            throw Representation.png.refusal(
                "\(object)",
                "has values of the datatype \(ValueFields.description(of: plan.datatype)), and pictures are drawn of "
                    + "numbers, booleans and enumerations, or of one such field")
        }
        let rank = selection.resultShape.count
        guard rank == 1 || rank == 2 else {
            throw Representation.png.refusal(
                "\(object)", "has \(rank) dimensions, and pictures are drawn of one or two, which select= takes")
        }
        guard plan.count > 0 else { throw Representation.png.refusal("\(object)", "has no elements") }
        self.plan = plan
        self.options = options
        self.selection = selection
        self.number = number
    }

    /// The picture as a PNG file.
    /// - Throws: What `read` throws; `internal`.
    func file(_ limits: NativeDialect.Limits, read: ValuesBody.Read) throws(ServiceError) -> [UInt8] {
        let shape = selection.resultShape
        if shape.count == 1 {
            var plot = LinePlot(count: shape[0], options)
            try forEachSlab(selection.decimated(by: [plot.step]), limits, read) { plot.add($0) }
            return try plot.image.file()
        }
        var map = HeatMap(rows: shape[0], columns: shape[1], options)
        try forEachSlab(selection.decimated(by: map.steps), limits, read) { map.add($0) }
        return try map.image.file()
    }

    /// Reads elements in slabs, in their order.
    private func forEachSlab(
        _ selection: Selection, _ limits: NativeDialect.Limits, _ read: ValuesBody.Read,
        _ body: ([Double]) -> Void
    ) throws(ServiceError) {
        let count = selection.elementCount ?? 0
        var first = 0
        while first < count {
            let run = selection.readableSlab(from: first, limit: limits.slab / max(number.size, 1), chunk: plan.chunk)
            let bytes = try read(run.selection, plan.datatype, limits.slab + number.size)
            body(bytes.withUnsafeBytes { number.doubles($0) })
            first += run.count
        }
    }
}

extension Datatype {
    /// The number that is drawn of an element: its own, or that of its only field.
    fileprivate var drawnNumber: NumberCast.Number? {
        switch self {
        case .compound(let compound) where compound.fields.count == 1: compound.fields[0].type.drawnNumber
        case .integer(let type), .enumeration(let type, _): .integer(type)
        case .float(let type): type.format == nil ? .float(type) : nil
        default: nil
        }
    }
}
