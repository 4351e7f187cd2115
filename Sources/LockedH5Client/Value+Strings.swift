import H5Model

extension Value {
    /// Strings of one length, without their padding; nil where one is not UTF-8.
    func strings(_ type: Datatype.FixedString) -> [String]? {
        var strings: [String] = []
        for start in stride(from: 0, to: bytes.count, by: max(type.length, 1)) {
            let text = type.padding.trimmed(bytes[start..<min(start + type.length, bytes.count)])
            guard let string = String(validating: text, as: UTF8.self) else { return nil }
            strings.append(string)
        }
        return strings
    }

    /// Strings of variable length; nil where one is not UTF-8 or cut short.
    func variableStrings() -> [String]? {
        var strings: [String] = []
        var rest = bytes[...]
        while rest.count >= 4 {
            let count = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(4)
            guard count <= rest.count, let string = String(validating: rest.prefix(count), as: UTF8.self) else {
                return nil
            }
            strings.append(string)
            rest = rest.dropFirst(count)
        }
        return rest.isEmpty && strings.count == shape.elementCount ? strings : nil
    }
}

extension Datatype.Padding {
    fileprivate func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        if self == .nullTerminated { return text.prefix { $0 != 0 } }
        let padding = self == .nullPadded ? 0 : UInt8(ascii: " ")
        return text.dropLast(text.reversed().prefix { $0 == padding }.count)
    }
}
