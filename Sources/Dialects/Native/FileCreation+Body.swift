public import H5Model
import HTTPMessage
public import Routes

extension NativeDialect {
    private static let largestUserBlock = 1 << 30

    /// How a new file is to be made.
    /// - Throws: `invalid`.
    // PUT /v1/files/FILE
    public static func fileCreation(
        _ request: WorkerRequest, _ body: RequestBody
    ) throws(ServiceError) -> FileCreation {
        try BodyMembers.read(body, known: ["userBlockSize", "libver", "trackOrder"]) { members throws(ServiceError) in
            var creation = FileCreation()
            if let size = try userBlockSize(members) { creation.userBlockSize = size }
            if let bounds = try formatBounds(members) { creation.libver = bounds }
            creation.tracksCreationOrder = try members.flag("trackOrder") ?? false
            return creation
        }
    }

    private static func userBlockSize(_ members: BodyMembers) throws(ServiceError) -> Int? {
        guard let value = try members.tree("userBlockSize") else { return nil }
        guard let size = value.integer, size == 0 || (512...largestUserBlock).contains(size), size & (size - 1) == 0
        else { throw members.refused("userBlockSize", value, "0 or a power of two from 512 to \(largestUserBlock)") }
        return size
    }

    private static func formatBounds(
        _ members: BodyMembers
    ) throws(ServiceError) -> (low: FormatVersion, high: FormatVersion)? {
        guard let value = try members.tree("libver") else { return nil }
        guard case .list(let list) = value, case let bounds = list.compactMap({ $0.text.flatMap(FormatVersion.init) }),
            list.count == 2, bounds.count == 2, bounds[0] <= bounds[1], bounds[1] != .earliest
        else { throw members.refused("libver", value, "a list of two of earliest, v108 and v110, the lower one first") }
        return (bounds[0], bounds[1])
    }
}
