/// The names of files below a directory, as other files and libhdf5 spell them.
public struct ServedNames: Sendable {
    /// The absolute paths by which the host knows the directory.
    public var directories: [[[UInt8]]]

    public init(directories: [[[UInt8]]]) {
        self.directories = directories
    }

    /// The names from the directory on to what an absolute name means: one of the host if that is below the directory,
    /// else one that begins there.
    /// - Returns: Nil for a name that leads out of it.
    public func names(of absolute: [UInt8]) -> [[UInt8]]? {
        let names = Self.names(in: absolute)
        for directory in directories where names.starts(with: directory) {
            return Self.normal(Array(names.dropFirst(directory.count)))
        }
        return Self.normal(names)
    }

    /// The names of a path.
    public static func names(in path: some Collection<UInt8>) -> [[UInt8]] {
        path.split(separator: UInt8(ascii: "/")).map { Array($0) }
    }

    /// The same without dot segments; nil where they lead above the beginning.
    public static func normal(_ names: [[UInt8]]) -> [[UInt8]]? {
        var path: [[UInt8]] = []
        for name in names where name != [UInt8(ascii: ".")] {
            if name != Array("..".utf8) {
                path.append(name)
            } else if path.popLast() == nil {
                return nil
            }
        }
        return path
    }
}
