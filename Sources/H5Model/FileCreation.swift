/// A version of HDF5's file format; bounds of it say in which formats objects are written.
public enum FormatVersion: String, Sendable, CaseIterable, Comparable {
    /// The oldest format that can hold the object.
    case earliest
    case v18 = "v108"
    case v110

    public static func < (left: Self, right: Self) -> Bool {
        let order = allCases
        return (order.firstIndex(of: left) ?? 0) < (order.firstIndex(of: right) ?? 0)
    }
}

/// How a new file is made.
public struct FileCreation: Equatable, Sendable {
    /// Bytes before the superblock that are the user's: 0, or 512 or more and a power of two.
    public var userBlockSize: Int
    /// The oldest and the newest format in which objects are written.
    public var libver: (low: FormatVersion, high: FormatVersion)
    /// Whether the root group keeps the order in which its members were made.
    public var tracksCreationOrder: Bool

    public init(
        userBlockSize: Int = 0, libver: (low: FormatVersion, high: FormatVersion) = (.earliest, .v110),
        tracksCreationOrder: Bool = false
    ) {
        self.userBlockSize = userBlockSize
        self.libver = libver
        self.tracksCreationOrder = tracksCreationOrder
    }

    public static func == (left: Self, right: Self) -> Bool {
        left.userBlockSize == right.userBlockSize && left.libver == right.libver
            && left.tracksCreationOrder == right.tracksCreationOrder
    }
}
