import H5Model
import HDF5JSON

/// Numbers of one type as those of another, as far as nothing is lost but digits behind the point.
struct NumberCast {
    enum Number: Equatable {
        case integer(Datatype.Integer)
        case float(Datatype.Float)

        var size: Int {
            switch self {
            case .integer(let type): type.size
            case .float(let type): type.size
            }
        }

        /// The numbers that follow one another in `bytes`, as near as a double comes.
        func doubles(_ bytes: UnsafeRawBufferPointer) -> [Double] {
            stride(from: 0, to: bytes.count, by: size).map { place in
                switch self {
                case .integer(let type): Double(NumberCast.integer(type, bytes, place))
                case .float(let type): NumberCast.float(type, bytes, place)
                }
            }
        }
    }

    let source: Number
    let target: Number
    private let range: ClosedRange<Int128>

    /// - Returns: Nil for floats that are to become integers.
    init?(_ source: Number, to target: Number) {
        if case (.float, .integer) = (source, target) { return nil }
        self.source = source
        self.target = target
        range = if case .integer(let type) = target { type.values } else { 0...0 }
    }

    /// Appends the numbers that follow one another in `bytes`.
    /// - Throws: `invalid` for one that the other type does not hold.
    func append(_ bytes: UnsafeRawBufferPointer, to cast: inout [UInt8]) throws(ServiceError) {
        for place in stride(from: 0, to: bytes.count, by: source.size) {
            switch (source, target) {
            case (.integer(let own), .integer(let type)):
                let number = Self.integer(own, bytes, place)
                guard range.contains(number) else { throw misfit("\(number)") }
                Self.append(UInt64(truncatingIfNeeded: number), type.size, type.order, to: &cast)
            case (.integer(let own), .float(let type)):
                try append(Double(Self.integer(own, bytes, place)), as: type, to: &cast)
            case (.float(let own), .float(let type)): try append(Self.float(own, bytes, place), as: type, to: &cast)
            case (.float, .integer): break
            }
        }
    }

    private func append(
        _ number: Double, as type: Datatype.Float, to cast: inout [UInt8]
    ) throws(ServiceError) {
        let (bits, isFinite): (UInt64, Bool) =
            switch type.size {
            case 2: (UInt64(Float16(number).bitPattern), Float16(number).isFinite)
            case 4: (UInt64(Swift.Float(number).bitPattern), Swift.Float(number).isFinite)
            default: (number.bitPattern, true)
            }
        guard isFinite || !number.isFinite else { throw misfit("\(number)") }
        Self.append(bits, type.size, type.order, to: &cast)
    }

    private func misfit(_ number: String) -> ServiceError {
        let type: Datatype =
            switch target {
            case .integer(let type): .integer(type)
            case .float(let type): .float(type)
            }
        return ServiceError(.invalid, "\(number) in the array does not fit the datatype \(type.numPyType ?? "")")
    }

    private static func append(_ bits: UInt64, _ size: Int, _ order: ByteOrder, to cast: inout [UInt8]) {
        let ordered = order == .little ? bits.littleEndian : (bits << (64 - 8 * size)).bigEndian
        withUnsafeBytes(of: ordered) { cast.append(contentsOf: $0[..<size]) }
    }

    private static func bits(_ size: Int, _ order: ByteOrder, _ bytes: UnsafeRawBufferPointer, _ place: Int) -> UInt64 {
        func load<Bits: FixedWidthInteger & BitwiseCopyable>(_: Bits.Type) -> UInt64 {
            let raw = bytes.loadUnaligned(fromByteOffset: place, as: Bits.self)
            return UInt64(truncatingIfNeeded: order == .little ? Bits(littleEndian: raw) : Bits(bigEndian: raw))
        }
        return switch size {
        case 1: load(UInt8.self)
        case 2: load(UInt16.self)
        case 4: load(UInt32.self)
        default: load(UInt64.self)
        }
    }

    fileprivate static func integer(
        _ type: Datatype.Integer, _ bytes: UnsafeRawBufferPointer, _ place: Int
    ) -> Int128 {
        let bits = bits(type.size, type.order, bytes, place)
        if !type.isSigned { return Int128(bits) }
        let shift = 64 - 8 * type.size
        return Int128(Int64(bitPattern: bits << shift) >> shift)
    }

    /// An IEEE 754 number.
    fileprivate static func float(_ type: Datatype.Float, _ bytes: UnsafeRawBufferPointer, _ place: Int) -> Double {
        let bits = bits(type.size, type.order, bytes, place)
        return switch type.size {
        case 2: Double(Float16(bitPattern: UInt16(truncatingIfNeeded: bits)))
        case 4: Double(Swift.Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
        default: Double(bitPattern: bits)
        }
    }
}

extension Datatype.Integer {
    /// The numbers that the type holds.
    fileprivate var values: ClosedRange<Int128> {
        isSigned ? -(1 << (8 * size - 1))...(1 << (8 * size - 1)) - 1 : 0...(1 << (8 * size)) - 1
    }
}
