import Glibc
import H5Model

/// How long the elements of a type are in a body of bytes, one after another.
struct OctetElements {
    private enum Part {
        case bytes(Int)
        case text
        /// A sequence or a reference.
        case counted
        /// Elements of an array that are of variable length.
        case array([Part], count: Int)
    }

    private let type: Datatype
    private var parts: [Part] = []

    init(_ type: Datatype) {
        self.type = type
        append(type)
    }

    private mutating func append(_ type: Datatype) {
        switch type {
        case .compound(let compound):
            for field in compound.fields { append(field.type) }
        case .array(let element, let shape) where element.hasVariableLength:
            parts.append(.array(OctetElements(element).parts, count: shape.elementCount ?? 0))
        case .variableString: parts.append(.text)
        case .variableLength, .reference: parts.append(.counted)
        default: appendBytes(type)
        }
    }

    private mutating func appendBytes(_ type: Datatype) {
        if case .bytes(let count)? = parts.last {
            parts[parts.count - 1] = .bytes(count + type.size)
        } else {
            parts.append(.bytes(type.size))
        }
    }

    /// The bytes of one element; nil where a part has variable length.
    var size: Int? { type.hasVariableLength ? nil : type.size }

    /// Refuses a body of elements of one size that has not as many as are needed.
    /// - Throws: `invalid`.
    func check(bytes: Int, count: Int) throws(ServiceError) {
        guard let size else { return }
        let (wanted, overflow) = count.multipliedReportingOverflow(by: size)
        guard !overflow, wanted == bytes else {
            throw ServiceError(
                .invalid,
                "the body has \(bytes) bytes, but \(count) elements of \(size) bytes have "
                    + (overflow ? "more than can be counted" : "\(wanted)"))
        }
    }

    /// Where each of the first elements ends.
    /// - Parameters:
    ///   - bytes: A window of the body; an element that it cuts is not counted.
    ///   - limit: The most elements that are wanted.
    /// - Throws: `invalid` for a count that is negative and for a string with a NUL.
    func ends(in bytes: UnsafeRawBufferPointer, limit: Int) throws(ServiceError) -> [Int] {
        var ends: [Int] = []
        var place = 0
        while ends.count < limit, let end = try Self.end(of: parts, from: place, in: bytes) {
            ends.append(end)
            place = end
        }
        return ends
    }

    private static func end(
        of parts: [Part], from start: Int, in bytes: UnsafeRawBufferPointer
    ) throws(ServiceError) -> Int? {
        var place = start
        for part in parts {
            switch part {
            case .bytes(let count): place += count
            case .array(let parts, let count):
                for _ in 0..<count {
                    guard let next = try end(of: parts, from: place, in: bytes) else { return nil }
                    place = next
                }
            case .text, .counted:
                guard place + 4 <= bytes.count else { return nil }
                let count = Int(Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: Int32.self)))
                place += 4
                guard count >= 0 else { throw ServiceError(.invalid, "the body has a value of \(count) bytes") }
                guard place + count <= bytes.count else { return nil }
                if case .text = part, count > 0, let text = bytes.baseAddress, memchr(text + place, 0, count) != nil {
                    throw ServiceError(.invalid, "the body has a string with a NUL inside, which would end it there")
                }
                place += count
            }
            if place > bytes.count { return nil }
        }
        return place
    }
}
