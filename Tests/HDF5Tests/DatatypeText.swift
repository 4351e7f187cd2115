import H5Model

extension Datatype {
    /// The line that `make.py` writes for this type.
    var text: String {
        switch self {
        case .integer(let type): type.text
        case .float(let type): type.format == nil ? "\(type.order.text)f\(type.size)" : "other\(type.size)"
        case .string(let type): "S\(type.length):\(type.characterSet):\(type.padding.text)"
        case .variableString(let set, let padding): "S*:\(set):\(padding.text)"
        case .enumeration(let base, let members):
            "enum(\(base.text)){\(members.map { "\($0.name)=\($0.value)" }.joined(separator: ","))}"
        case .compound(let type):
            "{\(type.fields.map { "\($0.name)@\($0.offset):\($0.type.text)" }.joined(separator: ","))}\(type.size)"
        case .array(let element, let shape): "array\(shape)(\(element.text))"
        case .variableLength(let element): "vlen(\(element.text))"
        case .opaque(let size, let tag): "opaque\(size)(\(tag))"
        case .bitfield(let size, let order): "bits\(order.text)\(size)"
        case .reference(let kind): "ref(\(kind))"
        case .other(_, let size): "other\(size)"
        }
    }
}

extension Datatype.Integer {
    fileprivate var text: String {
        let kind = "\(order.text)\(isSigned ? "i" : "u")\(size)"
        return bits.map { "\(kind)[\($0.offset)+\($0.precision)]" } ?? kind
    }
}

extension ByteOrder {
    fileprivate var text: String { self == .big ? ">" : "<" }
}

extension Datatype.Padding {
    fileprivate var text: String {
        switch self {
        case .nullTerminated: "term"
        case .nullPadded: "null"
        case .spacePadded: "space"
        }
    }
}
