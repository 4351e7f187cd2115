package import H5Model
package import HTTPMessage

/// A filter as descriptions tell of it and as creating a dataset takes it: by name where the name and options of its own
/// say everything, else by number and parameters.
package enum FilterJSON {
    /// The options that each filter has which is known by name.
    private static let options = [
        "deflate": ["level"], "gzip": ["level"], "szip": ["method", "pixelsPerBlock"], "lzf": [],
        "scaleoffset": ["digits", "bits"], "nbit": [], "shuffle": [], "fletcher32": [],
    ]

    private static func write(_ filter: Filter, to json: inout JSONWriter) {
        json.member("name", filter.name)
        switch filter.id {
        case Filter.shuffleID, Filter.fletcher32ID, Filter.nbitID, Filter.lzfID: return
        case Filter.deflateID:
            if let level = filter.parameters.first { return json.member("level", Int(level)) }
        case Filter.szipID:
            guard let method = filter.szipMethod, filter.parameters.count > 1 else { break }
            json.member("method", method.rawValue)
            return json.member("pixelsPerBlock", Int(filter.parameters[1]))
        case Filter.scaleOffsetID:
            switch filter.scaleOffset {
            case .digits(let count): return json.member("digits", count)
            case .bits(let count): return json.member("bits", count)
            case nil: break
            }
        default: break
        }
        json.member("id", filter.id)
        json.key("parameters")
        json.shape(filter.parameters.map { Int($0) })
        if filter.isOptional { return }
        json.key("optional")
        json.bool(false)
    }

    /// The filters as a list.
    package static func write(_ filters: [Filter], to json: inout JSONWriter) {
        json.array { json in
            for filter in filters { json.object { write(filter, to: &$0) } }
        }
    }

    /// The filter that an object describes, for values of `datatype`.
    /// - Throws: `invalid`.
    package static func read(_ json: JSONTree, _ datatype: Datatype) throws(ServiceError) -> Filter {
        guard case .object = json else {
            throw ServiceError(.invalid, "a filter is an object with \"name\" or \"id\", not \(json.summary)")
        }
        return try json["id"] == nil ? named(json, datatype) : numbered(json)
    }

    private static func named(_ json: JSONTree, _ datatype: Datatype) throws(ServiceError) -> Filter {
        guard let name = json["name"]?.text, let known = options[name] else {
            let name = json["name"]?.summary ?? "no name"
            throw ServiceError(
                .invalid,
                "\(name) is no filter that is known by name (\(options.keys.sorted().joined(separator: ", "))); "
                    + "others have an \"id\"")
        }
        try check(json, name, known)
        switch name {
        case "deflate", "gzip": return .deflate(level: try integer(json, "level", 0...9) ?? 4)
        case "szip":
            let pixels = try integer(json, "pixelsPerBlock", 2...32) ?? 8
            if pixels % 2 != 0 { throw ServiceError(.invalid, "\"pixelsPerBlock\" is \(pixels), which is not even") }
            return .szip(try szipMethod(json), pixelsPerBlock: pixels)
        case "scaleoffset": return .scaleOffset(try scaleOffset(json, datatype))
        case "lzf": return .lzf
        case "nbit": return .nbit
        case "shuffle": return .shuffle
        default: return .fletcher32
        }
    }

    private static func szipMethod(_ json: JSONTree) throws(ServiceError) -> Filter.SzipMethod {
        guard let value = json["method"] else { return .nearestNeighbour }
        guard let method = value.text.flatMap(Filter.SzipMethod.init(rawValue:)) else {
            throw ServiceError(.invalid, "\"method\" is \(value.summary), not \"ec\" or \"nn\"")
        }
        return method
    }

    private static func scaleOffset(
        _ json: JSONTree, _ datatype: Datatype
    ) throws(ServiceError) -> Filter.ScaleOffset {
        let digits = try integer(json, "digits", 0...Int(Int32.max))
        let bits = try integer(json, "bits", 0...64)
        switch (datatype, digits, bits) {
        case (.float, let digits?, nil): return .digits(digits)
        case (.float, _, _):
            throw ServiceError(.invalid, "scaleoffset of floats has \"digits\", the number of decimal digits to keep")
        case (_, nil, let bits): return .bits(bits ?? 0)
        default:
            throw ServiceError(
                .invalid,
                "scaleoffset of integers has \"bits\", the number of bits to keep, 0 for as many as are needed")
        }
    }

    private static func numbered(_ json: JSONTree) throws(ServiceError) -> Filter {
        guard let id = json["id"]?.integer, (1...65_535).contains(id) else {
            let summary = json["id"]?.summary ?? "missing"
            throw ServiceError(.invalid, "a filter's \"id\" is \(summary), not an integer from 1 to 65535")
        }
        try check(json, "a filter with an \"id\"", ["parameters", "optional"])
        guard case .list(let list) = json["parameters"] ?? .list([]),
            case let parameters = list.compactMap({ $0.integer.flatMap(UInt32.init(exactly:)) }),
            parameters.count == list.count
        else { throw ServiceError(.invalid, "a filter's \"parameters\" are a list of integers of 32 bits") }
        var isOptional = true
        if let value = json["optional"] {
            guard case .boolean(let flag) = value else {
                throw ServiceError(.invalid, "\"optional\" is \(value.summary), not true or false")
            }
            isOptional = flag
        }
        return Filter(id: id, name: json["name"]?.text ?? "", isOptional: isOptional, parameters: parameters)
    }

    /// Throws for a member that such a filter does not have.
    private static func check(_ json: JSONTree, _ subject: String, _ options: [String]) throws(ServiceError) {
        guard case .object(let members) = json else { return }
        let known = (["name", "id"] + options).map { Array($0.utf8) }
        guard let member = members.first(where: { !known.contains($0.name) }) else { return }
        let name = String(decoding: member.name, as: UTF8.self).abbreviated
        let list = options.isEmpty ? "no options" : "the options " + options.joined(separator: ", ")
        throw ServiceError(.invalid, "unknown key \"\(name)\": \(subject) has \(list)")
    }

    private static func integer(
        _ json: JSONTree, _ name: String, _ range: ClosedRange<Int>
    ) throws(ServiceError) -> Int? {
        guard let value = json[name] else { return nil }
        guard let number = value.integer, range.contains(number) else {
            throw ServiceError(
                .invalid,
                "\"\(name)\" is \(value.summary), not an integer from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
