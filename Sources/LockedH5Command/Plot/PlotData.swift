import H5Model
import HTTPMessage

/// The numbers of a plot: of a line one row, of an image several; of large datasets every so many elements.
struct PlotData {
    /// Numbers that are missing, or infinite, are NaN.
    var rows: [[Double]]
    /// The indices of the first and last column, and of the first and last row; of a line nil.
    var columns: ClosedRange<Int>
    var lines: ClosedRange<Int>?
    /// How far apart the elements are that were read.
    var steps: [Int]
    /// The selection without what steps over elements.
    var select: String

    /// The most elements of a line that are read.
    private static let mostOfLine = 1 << 17

    /// - Parameter pixels: The most columns and rows of an image.
    /// - Throws: `invalid` for what has no plot.
    init(
        _ subject: Subject, select: String?, fields: [String], pixels: (columns: Int, rows: Int)
    ) throws(CommandError) {
        let description = try subject.backend.document(subject.call("datasets"))
        let isNumber = ["H5T_INTEGER", "H5T_FLOAT", "H5T_ENUM"].contains(description["datatype"]?["class"]?.text)
        guard isNumber || !fields.isEmpty else {
            throw CommandError(
                .invalid,
                "only numbers have a plot, not \(Words.datatype(description["datatype"])); of a table say a --field")
        }
        guard let shape = description["shape"]?.extents else {
            throw CommandError(.invalid, "a null dataspace has no values to plot")
        }
        var slab: Hyperslab
        do throws(ServiceError) {
            slab = try SelectionExpression(parsing: select ?? "").resolved(in: shape)
        } catch {
            throw CommandError(error)
        }
        self.select = slab.text
        let dimensions = try Self.dimensions(of: slab, shape)
        steps = []
        let image = dimensions.count == 2
        let most = image ? [pixels.rows, pixels.columns] : [Self.mostOfLine]
        var step = zip(dimensions, most).map { max((slab.spans[$0].count + $1 - 1) / $1, 1) }
        // What is about square stays so.
        if image, max(step[0], step[1]) < 4 * min(step[0], step[1]) { step = [step.max() ?? 1, step.max() ?? 1] }
        for (dimension, step) in zip(dimensions, step) { slab.spans[dimension] = slab.spans[dimension].every(step) }
        steps = step
        let ranges = dimensions.map { slab.spans[$0].start...max(slab.spans[$0].last ?? 0, slab.spans[$0].start) }
        columns = ranges.last ?? 0...0
        lines = image ? ranges[0] : nil
        rows = try Self.read(subject, slab, fields, image ? slab.spans[dimensions[0]].count : 1)
    }

    /// The dimensions that have several elements: one or two.
    private static func dimensions(of slab: Hyperslab, _ shape: Shape) throws(CommandError) -> [Int] {
        let kept = slab.spans.indices.filter { !slab.droppedDimensions.contains($0) }
        let several = kept.filter { slab.spans[$0].count > 1 }
        if several.isEmpty, let last = kept.last { return [last] }
        if (1...2).contains(several.count) { return several }
        if several.isEmpty { throw CommandError(.invalid, "a single value has no plot") }
        let hint = (0..<shape.count).map { $0 < shape.count - 2 ? "0" : ":" }.joined(separator: ",")
        throw CommandError(.invalid, "only lines and images have a plot: choose one of them, such as -s \(hint)")
    }

    private static func read(
        _ subject: Subject, _ slab: Hyperslab, _ fields: [String], _ count: Int
    ) throws(CommandError) -> [[Double]] {
        guard fields.count <= 1 else { throw CommandError(.invalid, "one field at a time has a plot") }
        var call = subject.call("values").with("select", slab.text).with("format", "json")
        for field in fields { call = call.with("field", field).with("rows", "columns") }
        var values = try subject.backend.document(call)
        if case .object(let members) = values, let first = members.first { values = first.value }
        var numbers: [Double] = []
        try append(values, to: &numbers)
        guard numbers.count == slab.elementCount else {
            throw CommandError(.invalid, "only numbers have a plot, and the elements of this field are several")
        }
        let width = max(numbers.count / max(count, 1), 1)
        return stride(from: 0, to: numbers.count, by: width).map { Array(numbers[$0..<min($0 + width, numbers.count)]) }
    }

    private static func append(_ json: JSONTree, to numbers: inout [Double]) throws(CommandError) {
        if case .list(let elements) = json {
            for element in elements { try append(element, to: &numbers) }
        } else if let number = json.number {
            numbers.append(number.isFinite ? number : .nan)
        } else {
            throw CommandError(.invalid, "only numbers have a plot, not \(json.summary)")
        }
    }

    /// The least and the greatest number; nil where there is none.
    var range: ClosedRange<Double>? {
        var range: ClosedRange<Double>?
        for row in rows {
            for number in row where !number.isNaN {
                range = min(range?.lowerBound ?? number, number)...max(range?.upperBound ?? number, number)
            }
        }
        return range
    }

    /// How many numbers are not there.
    var gaps: Int { rows.reduce(0) { $0 + $1.count(where: \.isNaN) } }
}
