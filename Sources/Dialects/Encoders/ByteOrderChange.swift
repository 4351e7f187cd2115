import H5Model
import HDF5JSON

extension Value {
    /// The same value with every number in `order`; nil leaves it as it is.
    /// - Throws: `internal` where the bytes are not what the datatype says.
    func reordered(to order: ByteOrder?) throws(ServiceError) -> Value {
        let wanted = datatype.packed(order: order)
        guard let change = ByteOrderChange(from: datatype, to: wanted) else { return self }
        let swapped = try bytes.withUnsafeBufferPointer { bytes throws(ServiceError) in
            try change.apply(UnsafeRawBufferPointer(bytes))
        }
        return Value(datatype: wanted, shape: shape, bytes: swapped)
    }
}

/// Reverses those numbers of elements whose byte order differs between two types.
struct ByteOrderChange {
    private enum Part {
        case kept(Int)
        /// Numbers that follow one another.
        case reversed(Int, count: Int)
        /// A string or a reference.
        case counted
        /// Elements of variable number, and how each changes; nil where they stay.
        indirect case sequence(ByteOrderChange)
        /// Elements of an array, each of several parts.
        indirect case array(ByteOrderChange, count: Int)
    }

    private var parts: [Part] = []
    /// Bytes of one element; nil where a part has variable length.
    private var size: Int? = 0

    /// What makes elements of one packed type those of another that differs in byte orders only; nil where the types are
    /// the same.
    init?(from type: Datatype, to wanted: Datatype) {
        if type == wanted { return nil }
        append(type, wanted)
    }

    private init() {}

    private mutating func append(_ type: Datatype, _ wanted: Datatype) {
        switch (type, wanted) {
        case (.compound(let fields), .compound(let wanted)):
            for (field, target) in zip(fields.fields, wanted.fields) { append(field.type, target.type) }
        case (.variableString, _), (.reference, _): appendCounted(.counted)
        case (.variableLength(let element), .variableLength(let target)):
            appendCounted(ByteOrderChange(from: element, to: target).map(Part.sequence) ?? .counted)
        case (.array(let element, let shape), .array(let target, _)):
            append(element, target, count: shape.elementCount ?? 0)
        default: append(type, wanted, count: 1)
        }
    }

    private mutating func appendCounted(_ part: Part) {
        parts.append(part)
        size = nil
    }

    private mutating func append(_ type: Datatype, _ wanted: Datatype, count: Int) {
        switch type {
        case .compound, .variableString, .reference, .variableLength, .array:
            var element = ByteOrderChange()
            element.append(type, wanted)
            parts.append(.array(element, count: count))
            size = element.size.flatMap { each in size.map { $0 + count * each } }
        default:
            size? += count * type.size
            if type != wanted {
                parts.append(.reversed(type.size, count: count))
            } else if case .kept(let before)? = parts.last {
                parts[parts.count - 1] = .kept(before + count * type.size)
            } else {
                parts.append(.kept(count * type.size))
            }
        }
    }

    /// The elements in the other order.
    /// - Throws: `internal` where the bytes are not what the datatype says.
    func apply(_ bytes: UnsafeRawBufferPointer) throws(ServiceError) -> [UInt8] {
        guard let size else { return try applyOneByOne(bytes) }
        var swapped = Array(bytes)
        swapped.withUnsafeMutableBytes { _ = reverse(from: 0, stride: size, in: $0) }
        return swapped
    }

    /// Reverses the numbers at their place in every element.
    /// - Returns: Where that place ends.
    private func reverse(from first: Int, stride: Int, in bytes: UnsafeMutableRawBufferPointer) -> Int {
        var offset = first
        for part in parts {
            switch part {
            case .kept(let count): offset += count
            case .reversed(let width, let count):
                for _ in 0..<count {
                    Self.reverse(width, from: offset, stride: stride, in: bytes)
                    offset += width
                }
            case .array(let element, let count):
                for _ in 0..<count { offset = element.reverse(from: offset, stride: stride, in: bytes) }
            case .counted, .sequence: break
            }
        }
        return offset
    }

    private static func append(_ counted: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: Int32(counted.count).littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: counted)
    }

    private static func reverse(_ count: Int, from first: Int, stride: Int, in bytes: UnsafeMutableRawBufferPointer) {
        switch count {
        case 1: break
        case 2: swap(UInt16.self, from: first, stride: stride, in: bytes)
        case 4: swap(UInt32.self, from: first, stride: stride, in: bytes)
        case 8: swap(UInt64.self, from: first, stride: stride, in: bytes)
        default:
            for place in Swift.stride(from: first, to: bytes.count, by: stride) {
                bytes[place..<min(place + count, bytes.count)].reverse()
            }
        }
    }

    private static func swap<Bits: FixedWidthInteger & BitwiseCopyable>(
        _: Bits.Type, from first: Int, stride: Int, in bytes: UnsafeMutableRawBufferPointer
    ) {
        var place = first
        while place + MemoryLayout<Bits>.size <= bytes.count {
            let bits = bytes.loadUnaligned(fromByteOffset: place, as: Bits.self)
            bytes.storeBytes(of: bits.byteSwapped, toByteOffset: place, as: Bits.self)
            place += stride
        }
    }

    private func applyOneByOne(_ bytes: UnsafeRawBufferPointer) throws(ServiceError) -> [UInt8] {
        var swapped: [UInt8] = []
        swapped.reserveCapacity(bytes.count)
        var elements = ElementReader(bytes)
        while !elements.isAtEnd { try applyToOne(&elements, &swapped) }
        return swapped
    }

    private func applyToOne(_ elements: inout ElementReader, _ swapped: inout [UInt8]) throws(ServiceError) {
        for part in parts {
            switch part {
            case .kept(let count): swapped.append(contentsOf: try elements.take(count))
            case .reversed(let width, let count):
                for _ in 0..<count { swapped.append(contentsOf: try elements.take(width).reversed()) }
            case .array(let element, let count):
                for _ in 0..<count { try element.applyToOne(&elements, &swapped) }
            case .counted: Self.append(try elements.takeCounted(), to: &swapped)
            case .sequence(let change):
                let sequence = try change.apply(try elements.takeCounted())
                sequence.withUnsafeBytes { Self.append($0, to: &swapped) }
            }
        }
    }
}
