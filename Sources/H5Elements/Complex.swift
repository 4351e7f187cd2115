public import H5Model

/// A complex number, which is stored as h5py stores it: a compound of two floats `r` and `i`.
public struct Complex<Part: BinaryFloatingPoint & Element>: Hashable, Sendable {
    public var real: Part
    public var imaginary: Part

    public init(_ real: Part, _ imaginary: Part) {
        self.real = real
        self.imaginary = imaginary
    }
}

extension Complex: Codable where Part: Codable {}

extension Complex: Element {
    public static func datatype(for _: Complex?) throws(ServiceError) -> Datatype {
        let part = try Part.datatype(for: nil)
        let names: [HDF5Name] = ["r", "i"]
        return .compound(Datatype.Compound(packing: names.map { (name: $0, type: part) }))
    }

    public static func take(from source: inout ElementSource, as type: Datatype) throws(ServiceError) -> Complex {
        guard let part = type.complexPart else { throw source.mismatch(type, Self.self) }
        let real = try Part.take(from: &source, as: .float(part))
        return Complex(real, try Part.take(from: &source, as: .float(part)))
    }

    public func append(to sink: inout ElementSink, as type: Datatype) throws(ServiceError) {
        guard let part = type.complexPart else { throw sink.mismatch(type, Self.self) }
        try real.append(to: &sink, as: .float(part))
        try imaginary.append(to: &sink, as: .float(part))
    }
}
