/// A floating-point format that is none of IEEE 754's binary16, binary32 and binary64.
///
/// Places and sizes count bits, from the least significant one on.
public struct FloatFormat: Equatable, Sendable {
    /// How the most significant bit of the mantissa is stored.
    public enum Normalization: String, Sendable, CaseIterable {
        /// It is not stored, as it is 1 always.
        case implied = "H5T_NORM_IMPLIED"
        /// It is stored, and 1 always.
        case mostSignificantSet = "H5T_NORM_MSBSET"
        /// It is stored, and may be 0.
        case none = "H5T_NORM_NONE"
    }

    /// Significant bits and their offset in the element.
    public var precision: Int
    public var offset: Int
    public var sign: Int
    public var exponent: Int
    public var exponentSize: Int
    public var exponentBias: Int
    public var mantissa: Int
    public var mantissaSize: Int
    public var normalization: Normalization

    public init(
        precision: Int, offset: Int, sign: Int, exponent: Int, exponentSize: Int, exponentBias: Int, mantissa: Int,
        mantissaSize: Int, normalization: Normalization
    ) {
        self.precision = precision
        self.offset = offset
        self.sign = sign
        self.exponent = exponent
        self.exponentSize = exponentSize
        self.exponentBias = exponentBias
        self.mantissa = mantissa
        self.mantissaSize = mantissaSize
        self.normalization = normalization
    }

    /// The 80 bits of an x87, `long double` of C on x86-64.
    public static let extended = FloatFormat(
        precision: 80, offset: 0, sign: 79, exponent: 64, exponentSize: 15, exponentBias: 16_383, mantissa: 0,
        mantissaSize: 64, normalization: .none)

    /// Whether every number of the format is one of binary64 too.
    package var fitsDouble: Bool {
        guard exponentSize <= 11, (0...4096).contains(exponentBias) else { return false }
        let digits = normalization == .implied ? mantissaSize + 1 : mantissaSize
        let largest = 1 << exponentSize - 2 - exponentBias
        return digits <= 53 && largest <= 1023 && 2 - exponentBias - digits >= -1074
    }

    /// Whether every number of the format is one of the x87 too.
    var fitsExtended: Bool {
        exponentSize <= 15 && (0...16_383).contains(exponentBias)
            && mantissaSize <= (normalization == .implied ? 63 : 64)
    }
}

extension Datatype.Float {
    /// `long double` of C on x86-64, as it travels: 16 bytes, of which 10 count.
    public static let extended = Datatype.Float(size: 16, format: .extended)

    #if arch(x86_64)
        private static let hasExtended = true
    #else
        private static let hasExtended = false
    #endif

    func packed(order: ByteOrder?) -> Datatype.Float {
        guard let format else { return Datatype.Float(size: size, order: order ?? self.order) }
        return format.fitsDouble ? Datatype.Float(size: 8, order: order ?? self.order) : .extended
    }

    var unsupportedReason: String? {
        guard let format else { return [2, 4, 8].contains(size) ? nil : "\(size)-byte floats" }
        if format.fitsDouble || format.fitsExtended && Self.hasExtended { return nil }
        return "\(size)-byte floats with \(format.mantissaSize) bits of mantissa and \(format.exponentSize) of exponent"
    }
}
