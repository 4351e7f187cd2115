internal import Glibc
internal import H5Model

extension FileAccess {
    /// The file that `name` in the file of `asker` means, looked for as libhdf5 does: an absolute name as it is, and then
    /// by its last component beside the asker; a relative one from there on.
    /// - Returns: Nil where it is not there.
    func other(named name: [UInt8], by asker: FileAccess) throws(HDF5Error) -> FileAccess? {
        let slash = UInt8(ascii: "/")
        let own = asker.name.dropLast().map(UInt8.init(bitPattern:))
        let directory = own.prefix((own.lastIndex(of: slash) ?? -1) + 1)
        guard name.first == slash else { return try other(Array(directory) + name) }
        if let found = try other(name) { return found }
        return try other(Array(directory) + (name.split(separator: slash).last ?? []))
    }

    /// The file of that absolute name, asked for once; nil where it is not there.
    func other(_ name: [UInt8]) throws(HDF5Error) -> FileAccess? {
        if name == self.name.dropLast().map(UInt8.init(bitPattern:)) { return self }
        if let known = found[name] { return known }
        if title.contains("\u{FFFD}") {
            throw HDF5Error(.unsupported, "\(title) has a name that is not UTF-8, beside which no other file is found")
        }
        let title = String(decoding: name.drop { $0 == UInt8(ascii: "/") }, as: UTF8.self)
        guard let others else {
            throw HDF5Error(
                .unsupported, "this part of \(self.title) lies in another file, \"\(FileAccess.lastPart(of: name))\"")
        }
        let descriptor: Int32?
        do throws(ServiceError) {
            descriptor = try others(name)
        } catch {
            throw HDF5Error(refusal: error)
        }
        guard let descriptor else {
            found.updateValue(nil, forKey: name)
            return nil
        }
        let other = try FileAccess.reading(descriptor, title)
        other.origin = self
        other.name = name.map(CChar.init(bitPattern:)) + [0]
        try Superblock(of: other).checkUsable(other)
        found.updateValue(other, forKey: name)
        return other
    }

    private static func lastPart(of name: [UInt8]) -> String {
        String(decoding: name.split(separator: UInt8(ascii: "/")).last ?? [], as: UTF8.self)
    }

    /// The same for the driver, which can only say that it did not open; the reason is kept.
    func otherForDriver(_ name: [UInt8]) -> FileAccess? {
        // libhdf5 tries other places too, from its working directory on.
        guard name.first == UInt8(ascii: "/") else { return nil }
        do throws(HDF5Error) {
            return try other(name)
        } catch {
            latch(.refused(error))
            return nil
        }
    }

    /// Runs `body` while no file is asked for that was not before.
    func withoutOthers<R>(_ body: () -> R) -> R {
        let saved = others
        others = nil
        defer { others = saved }
        return body()
    }

    /// The files that were asked for are closed by whoever opened them.
    func forgetOthers() {
        others = nil
        followsLinks = false
        opened = [:]
        found = [:]
        inspected = []
    }
}
