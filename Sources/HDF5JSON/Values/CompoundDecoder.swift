import H5Model
import HTTPMessage

/// Rows of a compound: objects with all fields, or lists in the order of the fields.
struct CompoundDecoder {
    let fields: [(name: HDF5Name, element: ElementDecoder)]
    private let indices: [[UInt8]: Int]

    /// - Throws: `unsupported` for a field whose values are not served, and for a compound without fields.
    init(_ type: Datatype.Compound) throws(ServiceError) {
        if type.fields.isEmpty {
            throw ServiceError(.unsupported, "values of compounds without fields are not served")
        }
        var fields: [(name: HDF5Name, element: ElementDecoder)] = []
        var indices: [[UInt8]: Int] = [:]
        for (index, field) in type.fields.enumerated() {
            fields.append((field.name, try ElementDecoder(field.type)))
            indices[Array(field.name.description.utf8)] = index
        }
        self.fields = fields
        self.indices = indices
    }

    /// The field that a member of an object is; a name that is not UTF-8 is spelled as values are written.
    func index(of key: [UInt8]) -> Int? { indices[key] }

    /// Appends the next row.
    func append(_ json: inout JSONReader, to bytes: inout [UInt8]) throws(JSONError) {
        switch try json.peek() {
        case .object: try appendObject(&json, to: &bytes)
        case .list: try appendList(&json, to: &bytes)
        default: throw json.unexpected("a row, which is an object or a list of fields")
        }
    }

    private func appendList(_ json: inout JSONReader, to bytes: inout [UInt8]) throws(JSONError) {
        let start = json.offset
        try json.beginList()
        var count = 0
        while try json.nextElement() {
            if count == fields.count {
                throw JSONError("a row has \(fields.count) fields, and there is one more", at: json.offset)
            }
            try fields[count].element.append(&json, to: &bytes)
            count += 1
        }
        if count < fields.count {
            throw JSONError("a row has \(fields.count) fields, not \(count) as the one", at: start)
        }
    }

    private func appendObject(_ json: inout JSONReader, to bytes: inout [UInt8]) throws(JSONError) {
        let start = json.offset
        var next = 0
        // Fields that came before their turn.
        var early: [Int: [UInt8]] = [:]
        try json.beginObject()
        while try json.nextMember() {
            if next < fields.count, json.isKey(fields[next].name.bytes) {
                try fields[next].element.append(&json, to: &bytes)
                next += 1
            } else {
                guard let index = index(of: json.key) else { throw unknownField(json) }
                var value: [UInt8] = []
                try fields[index].element.append(&json, to: &value)
                early[index] = value
            }
            while let value = early.removeValue(forKey: next) {
                bytes.append(contentsOf: value)
                next += 1
            }
        }
        if next < fields.count {
            throw JSONError("the field \"\(fields[next].name)\" is missing in the row", at: start)
        }
    }

    private func unknownField(_ json: JSONReader) -> JSONError {
        let known = fields.map(\.name.description).joined(separator: ", ").abbreviated
        let name = json.keyText.abbreviated
        return JSONError("unknown field \"\(name)\", where the fields are \(known),", at: json.offset)
    }
}
