public import H5Model

/// A Swift enumeration whose cases are members of an HDF5 enumeration.
///
/// With an integer as its raw value a case is a member's value, with a `String` its name:
///
///     enum Phase: UInt8, EnumElement { case solid, liquid, gas }
public protocol EnumElement: Element, RawRepresentable, CaseIterable, Codable {}

extension EnumElement where RawValue: FixedWidthInteger & Element {
    /// The members are named as the cases.
    public static func datatype(for _: Self?) -> Datatype {
        let base = Datatype.Integer(size: RawValue.bitWidth / 8, isSigned: RawValue.isSigned)
        let members = allCases.map { member in
            Datatype.EnumMember(name: HDF5Name("\(member)"), value: Int64(truncatingIfNeeded: member.rawValue))
        }
        return .enumeration(base, members: members)
    }

    public static func take(from source: inout ElementSource, as type: Datatype) throws(ServiceError) -> Self {
        guard type.isEnumerated else { throw source.mismatch(type, Self.self) }
        let value = try RawValue.take(from: &source, as: type)
        guard let member = Self(rawValue: value) else {
            throw ServiceError(.invalid, "\(source.subject) holds \(value), which is no case of \(Self.self)")
        }
        return member
    }

    public func append(to sink: inout ElementSink, as type: Datatype) throws(ServiceError) {
        guard type.isEnumerated else { throw sink.mismatch(type, Self.self) }
        if case .enumeration(_, let members) = type,
            !members.contains(where: { $0.value == Int64(truncatingIfNeeded: rawValue) })
        {
            throw sink.unfit(self, type)
        }
        try rawValue.append(to: &sink, as: type)
    }
}

extension EnumElement where RawValue == String {
    /// The members have the raw values as names, and are numbered in their order.
    public static func datatype(for _: Self?) -> Datatype {
        let members = allCases.enumerated().map { index, member in
            Datatype.EnumMember(name: HDF5Name(member.rawValue), value: Int64(index))
        }
        return .enumeration(.init(size: members.count > 128 ? 4 : 1, isSigned: true), members: members)
    }

    public static func take(from source: inout ElementSource, as type: Datatype) throws(ServiceError) -> Self {
        guard case .enumeration(let base, let members) = type, base.size <= 8 else {
            throw source.mismatch(type, Self.self)
        }
        let bits = try source.takeBits(size: base.size, order: base.order)
        let shift = UInt64(64 - 8 * base.size)
        let value = base.isSigned ? Int64(bitPattern: bits << shift) >> shift : Int64(bitPattern: bits)
        guard let name = members.first(where: { $0.value == value })?.name else {
            throw ServiceError(.invalid, "\(source.subject) holds \(value), which is no member of its enumeration")
        }
        guard let member = name.text.flatMap(Self.init(rawValue:)) else {
            throw ServiceError(.invalid, "\(source.subject) holds \"\(name)\", which is no case of \(Self.self)")
        }
        return member
    }

    public func append(to sink: inout ElementSink, as type: Datatype) throws(ServiceError) {
        guard case .enumeration(let base, let members) = type else { throw sink.mismatch(type, Self.self) }
        guard let member = members.first(where: { $0.name == HDF5Name(rawValue) }) else {
            throw sink.unfit(rawValue, type)
        }
        sink.append(bits: UInt64(bitPattern: member.value), size: base.size, order: base.order)
    }
}

extension Datatype {
    fileprivate var isEnumerated: Bool {
        switch self {
        case .enumeration, .integer: true
        default: false
        }
    }
}
