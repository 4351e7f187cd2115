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
                case .integer(let type): NumberCast.double(type, bytes, place)
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
        let first = cast.count
        cast.append(contentsOf: repeatElement(0, count: bytes.count / source.size * target.size))
        let misfit = cast.withUnsafeMutableBytes { cast in
            write(bytes, to: UnsafeMutableRawBufferPointer(rebasing: cast[first...]))
        }
        if let misfit { throw self.misfit(misfit) }
    }

    /// - Returns: The first number that does not fit.
    private func write(_ bytes: UnsafeRawBufferPointer, to cast: UnsafeMutableRawBufferPointer) -> String? {
        let count = bytes.count / source.size
        switch (source, target) {
        case (.integer(let own), .integer(let type)):
            for place in 0..<count {
                let number = Self.integer(own, bytes, place * own.size)
                guard range.contains(number) else { return "\(number)" }
                Self.store(UInt64(truncatingIfNeeded: number), type.size, type.order, cast, place * type.size)
            }
        case (.integer(let own), .float(let type)):
            for place in 0..<count {
                let number = Self.double(own, bytes, place * own.size)
                guard Self.store(number, type, cast, place * type.size) else { return "\(number)" }
            }
        case (.float(let own), .float(let type)):
            for place in 0..<count {
                let number = Self.float(own, bytes, place * own.size)
                guard Self.store(number, type, cast, place * type.size) else { return "\(number)" }
            }
        case (.float, .integer): break
        }
        return nil
    }

    /// - Returns: Whether the number is finite still, where it was.
    private static func store(
        _ number: Double, _ type: Datatype.Float, _ cast: UnsafeMutableRawBufferPointer, _ place: Int
    ) -> Bool {
        switch type.size {
        case 2:
            store(UInt64(Float16(number).bitPattern), 2, type.order, cast, place)
            return Float16(number).isFinite || !number.isFinite
        case 4:
            store(UInt64(Swift.Float(number).bitPattern), 4, type.order, cast, place)
            return Swift.Float(number).isFinite || !number.isFinite
        default:
            store(number.bitPattern, 8, type.order, cast, place)
            return true
        }
    }

    private func misfit(_ number: String) -> ServiceError {
        let type: Datatype =
            switch target {
            case .integer(let type): .integer(type)
            case .float(let type): .float(type)
            }
        return ServiceError(.invalid, "\(number) in the array does not fit the datatype \(type.numPyType ?? "")")
    }

    private static func store(
        _ bits: UInt64, _ size: Int, _ order: ByteOrder, _ cast: UnsafeMutableRawBufferPointer, _ place: Int
    ) {
        func store<Bits: FixedWidthInteger & BitwiseCopyable>(_: Bits.Type) {
            let number = Bits(truncatingIfNeeded: bits)
            let ordered = order == .little ? number.littleEndian : number.bigEndian
            cast.storeBytes(of: ordered, toByteOffset: place, as: Bits.self)
        }
        switch size {
        case 1: store(UInt8.self)
        case 2: store(UInt16.self)
        case 4: store(UInt32.self)
        default: store(UInt64.self)
        }
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

    private static func integer(
        _ type: Datatype.Integer, _ bytes: UnsafeRawBufferPointer, _ place: Int
    ) -> Int128 {
        let bits = bits(type.size, type.order, bytes, place)
        return type.isSigned ? Int128(signed(bits, type.size)) : Int128(bits)
    }

    /// An integer, as near as a double comes.
    fileprivate static func double(
        _ type: Datatype.Integer, _ bytes: UnsafeRawBufferPointer, _ place: Int
    ) -> Double {
        let bits = bits(type.size, type.order, bytes, place)
        return type.isSigned ? Double(signed(bits, type.size)) : Double(bits)
    }

    private static func signed(_ bits: UInt64, _ size: Int) -> Int64 {
        let shift = 64 - 8 * size
        return Int64(bitPattern: bits << shift) >> shift
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
