public import H5Model

/// Strings of fixed and of variable length, read without their padding; new ones have variable length.
extension String: Element {
    public static func datatype(for _: String?) -> Datatype { .variableString(.utf8, .nullTerminated) }

    public static func take(from source: inout ElementSource, as type: Datatype) throws(ServiceError) -> String {
        let bytes: ArraySlice<UInt8>
        switch type {
        case .variableString: bytes = try source.takeCounted()
        case .string(let type): bytes = type.withoutPadding(try source.take(type.length))
        default: throw source.mismatch(type, Self.self)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ServiceError(.invalid, "\(source.subject) holds a string that is not UTF-8; [UInt8] holds its bytes")
        }
        return text
    }

    public func append(to sink: inout ElementSink, as type: Datatype) throws(ServiceError) {
        try sink.append(text: Array(utf8), as: type, Self.self)
    }
}

extension ElementSink {
    /// Adds a string's bytes, with the type's padding.
    mutating func append<Given>(text: [UInt8], as type: Datatype, _ given: Given.Type) throws(ServiceError) {
        switch type {
        case .variableString:
            if text.contains(0) {
                throw ServiceError(.invalid, "a string for \(subject) has a NUL, where it would end")
            }
            try appendCounted(text)
        case .string(let type):
            append(try type.padded(text, subject))
        default:
            throw mismatch(type, given)
        }
    }
}

extension Datatype.FixedString {
    /// The string's own bytes.
    func withoutPadding(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let pad: UInt8 = padding == .spacePadded ? UInt8(ascii: " ") : 0
        if padding == .nullTerminated { return bytes.prefix { $0 != 0 } }
        return bytes[..<((bytes.lastIndex { $0 != pad }).map { $0 + 1 } ?? bytes.startIndex)]
    }

    fileprivate func padded(_ text: [UInt8], _ subject: String) throws(ServiceError) -> [UInt8] {
        let room = padding == .nullTerminated ? length - 1 : length
        guard text.count <= room else {
            throw ServiceError(.invalid, "\(subject) holds strings of at most \(room) bytes, not \(text.count)")
        }
        if padding == .nullTerminated, text.contains(0) {
            throw ServiceError(.invalid, "a string for \(subject) has a NUL, where it would end")
        }
        let pad: UInt8 = padding == .spacePadded ? UInt8(ascii: " ") : 0
        return text + [UInt8](repeating: pad, count: length - text.count)
    }
}
