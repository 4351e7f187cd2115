import H5Model
import HTTPMessage

extension Hyperslab {
    /// The selection as a caller writes it.
    var text: String {
        spans.indices.map { dimension in
            let span = spans[dimension]
            if droppedDimensions.contains(dimension) { return "\(span.start)" }
            if span.isList { return "[" + (0..<span.count).map { "\(span[$0])" }.joined(separator: ",") + "]" }
            guard let last = span.last else { return "0:0" }
            return "\(span.start):\(last + 1)" + (span.stride > 1 ? ":\(span.stride)" : "")
        }.joined(separator: ",")
    }
}

extension JSONTree {
    /// The extents of a description's `shape`; nil of a null dataspace.
    var extents: Shape? {
        guard case .list(let extents) = self else { return nil }
        return extents.compactMap(\.integer)
    }

    var isInteger: Bool {
        switch self {
        case .number(.integer), .number(.unsigned): true
        default: false
        }
    }

    var isText: Bool {
        if case .string = self { true } else { false }
    }

    /// A number, also one of the texts for those that JSON does not have; nil of anything else.
    var number: Double? {
        switch self {
        case .number(.integer(let number)): Double(number)
        case .number(.unsigned(let number)): Double(number)
        case .number(.other(let text)): Double(text)
        case .boolean(let flag): flag ? 1 : 0
        case .string(let bytes):
            switch String(decoding: bytes, as: UTF8.self) {
            case "NaN": .nan
            case "Infinity": .infinity
            case "-Infinity": -.infinity
            default: nil
            }
        default: nil
        }
    }
}
