import H5Model
import HDF5JSON
import Routes

/// Values as comma-separated values: a table with a header of its fields' names, a column, or rows of two dimensions.
struct CSVText: ValueText {
    /// The most columns of a table.
    static let mostColumns = 16_384

    private let cells: CSVCells

    /// What a body in CSV is made of.
    /// - Parameters:
    ///   - type: A packed type.
    ///   - subject: What has the values, for a message.
    /// - Throws: `not_acceptable` for what is no table, `unsupported`.
    static func section(
        of type: Datatype, shape: Shape, _ options: ValueOptions, _ subject: String
    ) throws(ServiceError) -> ValueSection {
        let element = type.innermost
        let columnCount = element.element.columnCount
        let rank = shape.count + element.shape.count
        guard rank <= (columnCount == 0 ? 2 : 1) else {
            let rule = columnCount == 0 ? "two dimensions; select= takes a part of more" : "one dimension of rows"
            throw Representation.csv.refusal(subject, "has \(rank) dimensions, and CSV \(rule)")
        }
        guard columnCount <= mostColumns else {
            throw Representation.csv.refusal(subject, "has more than \(mostColumns) columns")
        }
        var header: [UInt8] = []
        for (place, name) in element.element.columnNames.enumerated() {
            if place > 0 { header.append(UInt8(ascii: ",")) }
            name.withUnsafeBytes { CSVCells.append(quoted: $0, to: &header) }
        }
        if columnCount > 0 { header.append(UInt8(ascii: "\n")) }
        return ValueSection(
            datatype: type, text: CSVText(cells: try cells(of: type, options, subject)), elementLength: type.textLength,
            prefix: header)
    }

    private static func cells(
        of type: Datatype, _ options: ValueOptions, _ subject: String
    ) throws(ServiceError) -> CSVCells {
        var options = options
        options.hasStringsForInt64 = false
        // As other programs write what is no number, without quotation marks.
        if options.notANumber == .string { options.notANumber = .literal }
        do throws(ServiceError) {
            return try CSVCells(type, options: options)
        } catch {
            guard error.code == .notAcceptable else { throw error }
            throw Representation.csv.refusal(subject, "has \(error.message), which have no place in a table")
        }
    }

    func append(
        _ bytes: [UInt8], first: Int, count: Int, of shape: Shape, to text: inout [UInt8]
    ) throws(ServiceError) {
        if count == 0 { return }
        let width = shape.count == 2 ? shape[1] : 1
        try bytes.withUnsafeBufferPointer { bytes throws(ServiceError) in
            var elements = ElementReader(UnsafeRawBufferPointer(bytes))
            var place = first
            while place < first + count {
                let run = min(width - place % width, first + count - place)
                if place % width > 0 { text.append(UInt8(ascii: ",")) }
                try cells.append(run, of: &elements, to: &text)
                place += run
                if place % width == 0 { text.append(UInt8(ascii: "\n")) }
            }
        }
    }
}

extension Datatype {
    /// How many columns a table has, of more than the most one more than that; 0 of what is no compound.
    fileprivate var columnCount: Int {
        guard case .compound(let compound) = self, complexPart == nil else { return 0 }
        return compound.fields.reduce(0) { min($0 + $1.type.fieldColumnCount, CSVText.mostColumns + 1) }
    }

    private var fieldColumnCount: Int {
        let (element, shape) = innermost
        let count = min(shape.elementCount ?? .max, CSVText.mostColumns + 1)
        return min(count * max(element.columnCount, 1), CSVText.mostColumns + 1)
    }

    /// The names of a table's columns: those of fields within fields behind a point, elements of arrays by their indices
    /// in brackets; none of what is no compound. They are to be counted before.
    fileprivate var columnNames: [[UInt8]] {
        guard case .compound(let compound) = self, complexPart == nil else { return [] }
        return compound.fields.flatMap { field in field.type.columns.map { field.name.bytes + $0 } }
    }

    /// What is behind a field's name in the names of its columns.
    private var columns: [[UInt8]] {
        let (element, shape) = innermost
        let inner = element.columnNames
        let parts = inner.isEmpty ? [[]] : inner.map { [UInt8(ascii: ".")] + $0 }
        if shape.isEmpty { return parts }
        return (0..<(shape.elementCount ?? 0)).flatMap { place in parts.map { Self.index(place, shape) + $0 } }
    }

    /// `[1,2]`, of an element of an array.
    private static func index(_ place: Int, _ shape: Shape) -> [UInt8] {
        var rest = place
        let indices = shape.reversed().map { extent in
            defer { rest /= extent }
            return "\(rest % extent)"
        }
        return Array("[\(indices.reversed().joined(separator: ","))]".utf8)
    }
}
