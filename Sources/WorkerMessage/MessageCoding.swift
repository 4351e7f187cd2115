/// Writes a message: little-endian integers, and byte strings behind their 32-bit length.
struct MessageEncoder {
    var bytes: [UInt8] = []

    mutating func byte(_ value: UInt8) {
        bytes.append(value)
    }

    mutating func integer(_ value: Int) {
        withUnsafeBytes(of: Int64(value).littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func string(_ value: some Collection<UInt8>) {
        withUnsafeBytes(of: UInt32(value.count).littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: value)
    }

    mutating func text(_ value: String) {
        string(value.utf8)
    }

    mutating func optional<Value>(_ value: Value?, _ write: (inout MessageEncoder, Value) -> Void) {
        byte(value == nil ? 0 : 1)
        if let value { write(&self, value) }
    }

    mutating func list<Element>(_ values: [Element], _ write: (inout MessageEncoder, Element) -> Void) {
        integer(values.count)
        for value in values { write(&self, value) }
    }
}

/// A message that is not what its reader expects: the other side is of another build, or broken.
public struct MessageError: Error, Equatable, Sendable {
    public init() {}
}

/// Reads what `MessageEncoder` wrote.
struct MessageDecoder {
    private let bytes: UnsafeRawBufferPointer
    private var place = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    private mutating func take(_ count: Int) throws(MessageError) -> UnsafeRawBufferPointer {
        guard count >= 0, count <= bytes.count - place else { throw MessageError() }
        defer { place += count }
        return UnsafeRawBufferPointer(rebasing: bytes[place..<(place + count)])
    }

    mutating func byte() throws(MessageError) -> UInt8 {
        try take(1)[0]
    }

    mutating func integer() throws(MessageError) -> Int {
        Int(Int64(littleEndian: try take(8).loadUnaligned(as: Int64.self)))
    }

    mutating func string() throws(MessageError) -> [UInt8] {
        let count = UInt32(littleEndian: try take(4).loadUnaligned(as: UInt32.self))
        return [UInt8](try take(Int(count)))
    }

    mutating func text() throws(MessageError) -> String {
        String(decoding: try string(), as: UTF8.self)
    }

    mutating func optional<Value>(
        _ read: (inout MessageDecoder) throws(MessageError) -> Value
    ) throws(MessageError) -> Value? {
        try byte() == 0 ? nil : try read(&self)
    }

    mutating func list<Element>(
        _ read: (inout MessageDecoder) throws(MessageError) -> Element
    ) throws(MessageError) -> [Element] {
        let count = try integer()
        guard count >= 0, count <= bytes.count else { throw MessageError() }
        var values: [Element] = []
        for _ in 0..<count { values.append(try read(&self)) }
        return values
    }
}
