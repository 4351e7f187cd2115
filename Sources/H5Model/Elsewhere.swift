/// Where a path goes on in another file: an external link on its way says so.
public struct Elsewhere: Hashable, Sendable {
    /// The link's path, as far as it was asked for: a soft link on the way stands for what it leads to.
    public var link: ObjectPath
    /// The other file's name, as the link has it.
    public var file: [UInt8]
    /// What the link leads to in that file.
    public var target: ObjectPath
    /// The names that follow the link in the path that was asked for.
    public var rest: [HDF5Name]

    public init(link: ObjectPath, file: [UInt8], target: ObjectPath, rest: [HDF5Name] = []) {
        self.link = link
        self.file = file
        self.target = target
        self.rest = rest
    }

    /// The other file's name for a message, of an absolute one only the last part.
    public var fileTitle: String {
        let slash = UInt8(ascii: "/")
        let name = file.first == slash ? file.split(separator: slash).last.map { Array($0) } ?? file : file
        return String(decoding: name, as: UTF8.self)
    }

    /// The path in the other file.
    public var path: ObjectPath { ObjectPath(names: target.names + rest) }
}
