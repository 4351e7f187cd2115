package import H5Model
package import HTTPMessage

/// Reads a JSON value, nested lists of elements, into elements as a `Value` holds them.
package struct ValueDecoder {
    /// The most dimensions that a dataspace of HDF5 has.
    package static let mostDimensions = 32
    /// The most bytes that the elements of one value may take.
    package static let largest = 1 << 28

    private let type: Datatype
    private let rows: ElementDecoder
    /// The only field of a compound, whose values may also come bare.
    private let column: ElementDecoder?

    /// - Parameters:
    ///   - type: The type in which the elements travel.
    ///   - takesColumn: Whether a compound of one field may also come as that field's values.
    /// - Throws: `unsupported` for a datatype whose values are not served.
    package init(_ type: Datatype, takesColumn: Bool = false) throws(ServiceError) {
        self.type = type
        rows = try ElementDecoder(type)
        if takesColumn, case .compound(let compound) = rows, compound.fields.count == 1 {
            column = compound.fields[0].element
        } else {
            column = nil
        }
    }

    /// Reads a whole text.
    /// - Parameter rank: The rank that is expected, where a value could be understood in two ways.
    /// - Throws: `invalid`, `too_large`.
    package func decode(_ text: JSONSource, rank: Int? = nil) throws(ServiceError) -> Value {
        do throws(JSONError) {
            var json = text.reader
            let value = try decode(&json, rank: rank)
            try json.end()
            return value
        } catch {
            throw ServiceError(error)
        }
    }

    private func decode(_ json: inout JSONReader, rank wanted: Int?) throws(JSONError) -> Value {
        let (element, rank) = try form(json, rank: wanted)
        guard rank <= Self.mostDimensions else {
            throw JSONError("\(rank) dimensions, more than HDF5's \(Self.mostDimensions),", at: json.offset)
        }
        var lists = ListDecoder(element: element, rank: rank)
        try lists.append(&json, depth: 0)
        return Value(datatype: type, shape: lists.shape, bytes: lists.bytes)
    }

    /// How an element looks in this text, and how many lists are around the first one.
    private func form(
        _ json: JSONReader, rank: Int?
    ) throws(JSONError) -> (element: ElementDecoder, rank: Int) {
        var probe = json
        let first = try probe.descend()
        if first.isEmptyList {
            // It may be an element, or hold none.
            if !rows.takesEmptyList { return (rows, first.depth) }
            return (rows, min(rank ?? max(first.depth - rows.listDepth, 0), first.depth))
        }
        let key = try probe.firstKey()
        let ownDepth = { (element: ElementDecoder) in key.flatMap(element.objectDepth) ?? element.listDepth }
        if let column {
            let isRow = key.map { rows.objectDepth(key: $0) == 0 } ?? (first.depth - ownDepth(rows) == rank)
            if !isRow { return (column, max(first.depth - ownDepth(column), 0)) }
        }
        return (rows, max(first.depth - ownDepth(rows), 0))
    }
}

/// A JSON text that is to be read, and where it begins in the body.
package struct JSONSource {
    package var text: UnsafeRawBufferPointer
    package var origin: Int

    package init(text: UnsafeRawBufferPointer, origin: Int = 0) {
        self.text = text
        self.origin = origin
    }

    package var reader: JSONReader { JSONReader(text, origin: origin) }
}

/// The elements of nested lists, and the lists' shape.
private struct ListDecoder {
    let element: ElementDecoder
    let rank: Int
    var bytes: [UInt8] = []
    private var extents: [Int?]

    init(element: ElementDecoder, rank: Int) {
        self.element = element
        self.rank = rank
        extents = Array(repeating: nil, count: rank)
    }

    /// The extents; those of lists that are in no list are 0.
    var shape: Shape { extents.map { $0 ?? 0 } }

    mutating func append(_ json: inout JSONReader, depth: Int) throws(JSONError) {
        if depth == rank { return try element.append(&json, to: &bytes) }
        let start = json.offset
        guard try json.peek() == .list else { throw json.unexpected("a list as at first") }
        try json.beginList()
        var count = 0
        while try json.nextElement() {
            if depth == rank - 1, case .number(let number) = element {
                count += try number.appendRun(&json, to: &bytes)
            } else {
                try append(&json, depth: depth + 1)
                count += 1
            }
            if bytes.count > ValueDecoder.largest {
                throw JSONError(
                    "a value whose elements take more than \(ValueDecoder.largest >> 20) MiB", at: 0, isTooLarge: true)
            }
        }
        if let extent = extents[depth], extent != count {
            throw JSONError("a list of \(count) where those before have \(extent), which makes no array,", at: start)
        }
        extents[depth] = count
    }
}

extension JSONReader {
    /// Enters lists as long as they begin with a list.
    fileprivate mutating func descend() throws(JSONError) -> (depth: Int, isEmptyList: Bool) {
        var depth = 0
        while try peek() == .list {
            try beginList()
            depth += 1
            if try !nextElement() { return (depth, true) }
        }
        return (depth, false)
    }

    /// The first member's name where an object is next; nil of an empty one and of anything else.
    fileprivate mutating func firstKey() throws(JSONError) -> [UInt8]? {
        guard try peek() == .object else { return nil }
        try beginObject()
        return try nextMember() ? key : nil
    }
}

extension ServiceError {
    /// The refusal of a body.
    package init(_ error: JSONError) {
        self.init(error.isTooLarge ? .tooLarge : .invalid, "\(error) of the body")
    }
}
