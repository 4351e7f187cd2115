#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The file in which a download grows: `.NAME.TAG.part` beside its target, a name for each state of the file.
struct PartialDownload {
    private static let ending = ".part"

    private let directory: URL
    private let beginning: String
    private let name: String

    init(_ target: URL, _ tag: EntityTag) {
        directory = target.deletingLastPathComponent()
        beginning = ".\(target.lastPathComponent)."
        name = beginning + tag.digest + Self.ending
    }

    var path: String { path(name) }

    private func path(_ name: String) -> String { directory.appendingPathComponent(name).path }

    /// Removes what downloads of other states have left that were broken off.
    func removeOthers() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
        for other in names where other != name && isOne(other) { LocalFile.removeAbandoned(path(other)) }
    }

    private func isOne(_ name: String) -> Bool {
        guard name.hasPrefix(beginning), name.hasSuffix(Self.ending) else { return false }
        let digest = name.dropFirst(beginning.count).dropLast(Self.ending.count)
        return (1...16).contains(digest.count) && digest.allSatisfy { "0123456789abcdef".contains($0) }
    }
}

extension EntityTag {
    /// A few characters that tell the tag from others (FNV-1a).
    fileprivate var digest: String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in field.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return String(hash, radix: 16)
    }
}
