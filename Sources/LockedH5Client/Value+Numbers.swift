import H5Model

/// Which integers a type holds exactly, and how it takes them.
protocol Widening {
    associatedtype Target
    static func takesAll<Stored: FixedWidthInteger>(_: Stored.Type) -> Bool
    static func take<Stored: FixedWidthInteger>(_ stored: Stored) -> Target
}

enum IntegerWidening<Target: FixedWidthInteger>: Widening {
    static func takesAll<Stored: FixedWidthInteger>(_: Stored.Type) -> Bool {
        Stored.min >= Target.min && Stored.max <= Target.max
    }

    static func take<Stored: FixedWidthInteger>(_ stored: Stored) -> Target { Target(truncatingIfNeeded: stored) }
}

enum FloatWidening<Target: BinaryFloatingPoint>: Widening {
    static func takesAll<Stored: FixedWidthInteger>(_: Stored.Type) -> Bool {
        Stored.bitWidth <= Target.significandBitCount
    }

    static func take<Stored: FixedWidthInteger>(_ stored: Stored) -> Target { Target(stored) }
}

extension Value {
    /// The integers, also those of an enumeration; nil where there are others, or some that do not fit.
    func integers<W: Widening>(as _: W.Type) -> [W.Target]? {
        let type: Datatype.Integer
        switch datatype {
        case .integer(let integer), .enumeration(let integer, _): type = integer
        default: return nil
        }
        if type.bits != nil { return nil }
        return switch (type.size, type.isSigned) {
        case (1, true): widened(Int8.self, W.self, type.order)
        case (2, true): widened(Int16.self, W.self, type.order)
        case (4, true): widened(Int32.self, W.self, type.order)
        case (8, true): widened(Int64.self, W.self, type.order)
        case (1, false): widened(UInt8.self, W.self, type.order)
        case (2, false): widened(UInt16.self, W.self, type.order)
        case (4, false): widened(UInt32.self, W.self, type.order)
        case (8, false): widened(UInt64.self, W.self, type.order)
        default: nil
        }
    }

    private func widened<Stored: FixedWidthInteger & BitwiseCopyable, W: Widening>(
        _: Stored.Type, _: W.Type, _ order: ByteOrder
    ) -> [W.Target]? {
        W.takesAll(Stored.self) ? numbers(order) { (stored: Stored) in W.take(stored) } : nil
    }

    /// What `convert` makes of each stored number.
    func numbers<Stored: FixedWidthInteger & BitwiseCopyable, Element>(
        _ order: ByteOrder, _ convert: (Stored) -> Element
    ) -> [Element] {
        bytes.withUnsafeBytes { bytes in
            let size = MemoryLayout<Stored>.size
            return (0..<bytes.count / size).map { index in
                let stored = bytes.loadUnaligned(fromByteOffset: index * size, as: Stored.self)
                return convert(order == .little ? Stored(littleEndian: stored) : Stored(bigEndian: stored))
            }
        }
    }
}
