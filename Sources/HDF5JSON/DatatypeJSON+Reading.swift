public import H5Model
public import HTTPMessage

extension DatatypeJSON {
    /// The datatype that a JSON value describes: an object of HDF5/JSON, the name of a predefined type or NumPy's string.
    /// - Throws: `invalid`; `unsupported` for a NumPy type that HDF5 has none for.
    public static func read(_ json: JSONTree) throws(ServiceError) -> Datatype {
        switch json {
        case .object: try DatatypeMembers(json).datatype()
        case .string(let bytes): try named(String(decoding: bytes, as: UTF8.self))
        default:
            throw ServiceError(
                .invalid, "a datatype is an object with a \"class\", or a name such as \"<f8\", not \(json.summary)")
        }
    }

    /// The datatype that the value of a query parameter describes: JSON, or a name without quotation marks.
    /// - Throws: As `read`.
    public static func read(text: [UInt8]) throws(ServiceError) -> Datatype {
        guard let first = text.first(where: { $0 != 0x20 }), [UInt8(ascii: "{"), UInt8(ascii: "\"")].contains(first)
        else { return try named(String(decoding: text, as: UTF8.self)) }
        let json: JSONTree
        do throws(JSONError) {
            json = try tree(text)
        } catch {
            throw ServiceError(.invalid, "the datatype is no JSON: \(error)")
        }
        return try read(json)
    }

    private static func tree(_ text: [UInt8]) throws(JSONError) -> JSONTree {
        try text.withUnsafeBufferPointer { bytes throws(JSONError) in
            var json = JSONReader(UnsafeRawBufferPointer(bytes))
            let tree = try JSONTree(&json)
            try json.end()
            return tree
        }
    }

    private static func named(_ name: String) throws(ServiceError) -> Datatype {
        guard name.hasPrefix("H5T_") else { return try Datatype(numPy: name) }
        guard let type = PredefinedType(name)?.datatype else {
            throw ServiceError(
                .invalid, "\"\(name.abbreviated)\" is no predefined datatype, such as H5T_STD_I32LE or H5T_IEEE_F64BE")
        }
        return type
    }
}

/// The name of one of HDF5's predefined types; without a byte order it is little-endian.
struct PredefinedType {
    var datatype: Datatype

    init?(_ name: String) {
        let references: [String: Datatype.ReferenceKind] = ["H5T_STD_REF_OBJ": .object, "H5T_STD_REF_DSETREG": .region]
        if let kind = references[name] {
            datatype = .reference(kind)
            return
        }
        let parts = name.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "H5T", let kind = parts[2].first else { return nil }
        var digits = parts[2].dropFirst()
        var order = ByteOrder.little
        if digits.hasSuffix("LE") || digits.hasSuffix("BE") {
            if digits.hasSuffix("BE") { order = .big }
            digits = digits.dropLast(2)
        }
        guard digits.allSatisfy({ ("0"..."9").contains($0) }), let bits = Int(digits), (8...1024).contains(bits),
            bits % 8 == 0
        else { return nil }
        switch (parts[1], kind) {
        case ("STD", "I"), ("STD", "U"):
            datatype = .integer(Datatype.Integer(size: bits / 8, isSigned: kind == "I", order: order))
        case ("STD", "B"): datatype = .bitfield(size: bits / 8, order: order)
        case ("IEEE", "F"): datatype = .float(Datatype.Float(size: bits / 8, order: order))
        default: return nil
        }
    }
}
