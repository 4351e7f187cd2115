public import H5Model

/// Elements as they travel, from which Swift values are taken one after the other.
public struct ElementSource {
    let bytes: [UInt8]
    /// How numbers are converted.
    public let conversion: Conversion
    private let whole: String
    private var field: String?
    private(set) var offset = 0

    /// - Parameters:
    ///   - bytes: As described at `Value`.
    ///   - subject: What is read, for messages: "/a/b".
    public init(_ bytes: [UInt8], conversion: Conversion, subject: String) {
        self.bytes = bytes
        self.conversion = conversion
        whole = subject
    }

    /// What is read, for messages: "/a/b".
    public var subject: String { field.map { "field \"\($0)\" of \(whole)" } ?? whole }

    /// The same bytes from the place on where a row's field begins.
    func at(_ offset: Int, field: String) -> ElementSource {
        var source = self
        source.offset = offset
        source.field = self.field.map { "\($0).\(field)" } ?? field
        return source
    }

    /// Takes bytes.
    /// - Throws: `damaged` where there are not so many.
    public mutating func take(_ count: Int) throws(ServiceError) -> ArraySlice<UInt8> {
        bytes[try skip(count)]
    }

    /// Takes what has a byte count before it.
    /// - Throws: `damaged` where there are not so many.
    public mutating func takeCounted() throws(ServiceError) -> ArraySlice<UInt8> {
        try take(try takeCount())
    }

    /// Takes the byte count that is before what has variable length, and which is no more than the bytes that are left.
    mutating func takeCount() throws(ServiceError) -> Int {
        let count = Int(Int32(truncatingIfNeeded: try takeBits(size: 4, order: .little)))
        guard (0...(bytes.count - offset)).contains(count) else { throw damage }
        return count
    }

    /// Refuses to take more elements than the bytes that are left can be, before room is made for them.
    /// - Throws: `damaged`.
    func check(_ count: Int, of type: Datatype) throws(ServiceError) {
        let least = type.hasVariableLength ? 4 : max(type.size, 1)
        guard (0...((bytes.count - offset) / least)).contains(count) else { throw damage }
    }

    /// Takes an unsigned integer of 1 to 8 bytes.
    mutating func takeBits(size: Int, order: ByteOrder) throws(ServiceError) -> UInt64 {
        let place = try skip(size)
        return bytes.withUnsafeBytes { bytes in
            let little =
                switch size {
                case 1: UInt64(bytes[place.lowerBound])
                case 2: UInt64(bytes.loadUnaligned(fromByteOffset: place.lowerBound, as: UInt16.self).littleEndian)
                case 4: UInt64(bytes.loadUnaligned(fromByteOffset: place.lowerBound, as: UInt32.self).littleEndian)
                default: bytes[place].reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
                }
            return order == .little || size == 1 ? little : little.byteSwapped >> UInt64(64 - 8 * size)
        }
    }

    /// Takes `count` numbers that are stored as Swift holds them.
    mutating func takeVerbatim<Number: BitwiseCopyable>(_ count: Int) throws(ServiceError) -> [Number] {
        let place = try skip(count * MemoryLayout<Number>.size)
        return bytes.withUnsafeBytes { bytes in
            [Number](unsafeUninitializedCapacity: count) { numbers, initialized in
                UnsafeMutableRawBufferPointer(numbers).copyBytes(from: bytes[place])
                initialized = count
            }
        }
    }

    var isAtEnd: Bool { offset == bytes.count }

    private mutating func skip(_ count: Int) throws(ServiceError) -> Range<Int> {
        guard count >= 0, count <= bytes.count - offset else { throw damage }
        defer { offset += count }
        return offset..<(offset + count)
    }

    /// The failure where the bytes are not as many as the shape, the datatype and the counts in them say.
    var damage: ServiceError {
        ServiceError(.damaged, "the bytes of \(subject) are not those of as many elements as there should be")
    }

    /// The failure for a type of which no `wanted` can be made.
    public func mismatch<Wanted>(_ type: Datatype, _ wanted: Wanted.Type) -> ServiceError {
        ServiceError(.wrongKind, "\(subject) holds \(type.title), which are not read as \(wanted)")
    }
}

/// Where Swift values become elements as they travel, one after the other.
public struct ElementSink {
    /// What has been added, as described at `Value`.
    public private(set) var bytes: [UInt8] = []
    /// How numbers are converted.
    public let conversion: Conversion
    /// What is written, for messages: "/a/b".
    public let subject: String

    /// - Parameter subject: What is written, for messages: "/a/b".
    public init(conversion: Conversion, subject: String) {
        self.conversion = conversion
        self.subject = subject
    }

    /// Adds bytes.
    public mutating func append(_ more: some Sequence<UInt8>) {
        bytes.append(contentsOf: more)
    }

    /// Adds bytes with their count before them.
    public mutating func appendCounted(_ more: some Collection<UInt8>) throws(ServiceError) {
        try appendCounted { (sink) throws(ServiceError) in sink.append(more) }
    }

    /// Adds what `body` adds, with its byte count before it.
    mutating func appendCounted(
        _ body: (inout ElementSink) throws(ServiceError) -> Void
    ) throws(ServiceError) {
        let start = bytes.count
        append(bits: 0, size: 4, order: .little)
        try body(&self)
        guard let count = Int32(exactly: bytes.count - start - 4) else {
            throw ServiceError(.tooLarge, "an element of \(subject) has 2 GiB or more")
        }
        withUnsafeBytes(of: count.littleEndian) { bytes.replaceSubrange(start..<(start + 4), with: $0) }
    }

    /// Adds the low bytes of an integer.
    mutating func append(bits: UInt64, size: Int, order: ByteOrder) {
        for index in 0..<size {
            let place = order == .little ? index : size - 1 - index
            bytes.append(UInt8(truncatingIfNeeded: bits >> UInt64(8 * place)))
        }
    }

    /// Adds numbers that are stored as Swift holds them.
    mutating func append<Number: BitwiseCopyable>(verbatim numbers: [Number]) {
        numbers.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }

    /// The failure for a type of which `value` cannot be an element.
    public func mismatch<Given>(_ type: Datatype, _ given: Given.Type) -> ServiceError {
        ServiceError(.wrongKind, "\(subject) holds \(type.title), which are not written from \(given)")
    }

    /// The failure for a value that the type cannot hold.
    func unfit<Given>(_ value: Given, _ type: Datatype) -> ServiceError {
        ServiceError(.invalid, "\(subject) holds \(type.title), which cannot hold \(value)")
    }
}
