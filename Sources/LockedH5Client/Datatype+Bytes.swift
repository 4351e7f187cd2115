import H5Model

/// A number that becomes an integer of any size where nothing is lost.
protocol Narrowing {
    func narrowed<Stored: FixedWidthInteger>(to _: Stored.Type) -> Stored?
}

struct IntegerNarrowing<Source: FixedWidthInteger>: Narrowing {
    let value: Source

    func narrowed<Stored: FixedWidthInteger>(to _: Stored.Type) -> Stored? { Stored(exactly: value) }
}

struct FloatNarrowing<Source: BinaryFloatingPoint>: Narrowing {
    let value: Source

    func narrowed<Stored: FixedWidthInteger>(to _: Stored.Type) -> Stored? { Stored(exactly: value) }
}

extension Datatype {
    /// The bytes of numbers stored in this datatype; nil where one does not fit.
    func bytes<Element, Number: Narrowing>(
        of elements: [Element], integer: (Element) -> Number, float: (Element) -> Double?
    ) -> [UInt8]? {
        switch self {
        case .integer(let type), .enumeration(let type, _):
            if type.bits != nil { return nil }
            return type.bytes(of: elements, integer)
        case .float(let type): return type.bytes(of: elements, float)
        default: return nil
        }
    }
}

extension Datatype.Integer {
    fileprivate func bytes<Element, Number: Narrowing>(
        of elements: [Element], _ number: (Element) -> Number
    ) -> [UInt8]? {
        switch (size, isSigned) {
        case (1, true): stored(elements, order) { number($0).narrowed(to: Int8.self) }
        case (2, true): stored(elements, order) { number($0).narrowed(to: Int16.self) }
        case (4, true): stored(elements, order) { number($0).narrowed(to: Int32.self) }
        case (8, true): stored(elements, order) { number($0).narrowed(to: Int64.self) }
        case (1, false): stored(elements, order) { number($0).narrowed(to: UInt8.self) }
        case (2, false): stored(elements, order) { number($0).narrowed(to: UInt16.self) }
        case (4, false): stored(elements, order) { number($0).narrowed(to: UInt32.self) }
        case (8, false): stored(elements, order) { number($0).narrowed(to: UInt64.self) }
        default: nil
        }
    }
}

extension Datatype.Float {
    /// Nil also for a finite number that would become infinite.
    fileprivate func bytes<Element>(of elements: [Element], _ number: (Element) -> Double?) -> [UInt8]? {
        switch size {
        case 4: stored(elements, order) { number($0).flatMap { rounded($0, Float.self)?.bitPattern } }
        case 8: stored(elements, order) { number($0)?.bitPattern }
        #if !(os(macOS) && arch(x86_64))
            case 2: stored(elements, order) { number($0).flatMap { rounded($0, Float16.self)?.bitPattern } }
        #endif
        default: nil
        }
    }

    private func rounded<Stored: BinaryFloatingPoint>(_ number: Double, _: Stored.Type) -> Stored? {
        let stored = Stored(number)
        return stored.isInfinite && number.isFinite ? nil : stored
    }
}

/// The bytes of what `convert` makes of each element; nil where that is nil for one.
private func stored<Element, Stored: FixedWidthInteger & BitwiseCopyable>(
    _ elements: [Element], _ order: ByteOrder, _ convert: (Element) -> Stored?
) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(elements.count * MemoryLayout<Stored>.size)
    for element in elements {
        guard let stored = convert(element) else { return nil }
        withUnsafeBytes(of: order == .little ? stored.littleEndian : stored.bigEndian) { bytes += $0 }
    }
    return bytes
}

extension Datatype.FixedString {
    /// Nil where a text is too long, not of the character set, or would be read back without its end.
    func bytes(of elements: [String]) -> [UInt8]? {
        let padding: UInt8 = padding == .spacePadded ? UInt8(ascii: " ") : 0
        var bytes: [UInt8] = []
        for element in elements {
            let text = Array(element.utf8)
            guard text.count <= length, characterSet.holds(text), text.last != padding else { return nil }
            if self.padding == .nullTerminated && (text.count == length || text.contains(0)) { return nil }
            bytes += text + Array(repeating: padding, count: length - text.count)
        }
        return bytes
    }
}

extension Datatype.CharacterSet {
    /// Each with its length in front; nil where a text is not of the character set or has a NUL, which would end it.
    func variableBytes(of elements: [String]) -> [UInt8]? {
        var bytes: [UInt8] = []
        for element in elements {
            let text = Array(element.utf8)
            guard let count = Int32(exactly: text.count), holds(text), !text.contains(0) else { return nil }
            withUnsafeBytes(of: count.littleEndian) { bytes += $0 }
            bytes += text
        }
        return bytes
    }

    fileprivate func holds(_ text: [UInt8]) -> Bool {
        self == .utf8 || text.allSatisfy { $0 < 0x80 }
    }
}
