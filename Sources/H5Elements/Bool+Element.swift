public import H5Model

/// h5py's boolean: an enumeration of one byte with FALSE = 0 and TRUE = 1.
extension Bool: Element {
    public static func datatype(for _: Bool?) -> Datatype {
        .enumeration(
            .init(size: 1, isSigned: true), members: [.init(name: "FALSE", value: 0), .init(name: "TRUE", value: 1)])
    }

    public static func take(from source: inout ElementSource, as type: Datatype) throws(ServiceError) -> Bool {
        guard type.isBoolean else { throw source.mismatch(type, Self.self) }
        return try source.takeBits(size: 1, order: .little) != 0
    }

    public func append(to sink: inout ElementSink, as type: Datatype) throws(ServiceError) {
        guard type.isBoolean else { throw sink.mismatch(type, Self.self) }
        sink.append(bits: self ? 1 : 0, size: 1, order: .little)
    }
}
