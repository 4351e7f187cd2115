import H5Model
import HTTPMessage
import Routes

/// The name under which a browser saves values: `scan-entry-counts.npy`.
enum SavedName {
    /// With its ending it is no longer than most file systems allow.
    private static let longest = 200

    /// The field `Content-Disposition` (RFC 6266); nil of a form that says everything in header fields or to programs.
    static func disposition(_ form: Representation, file: [UInt8], object: ObjectPath, name: HDF5Name? = nil) -> String?
    {
        guard [.npy, .csv, .png].contains(form) else { return nil }
        let parts = [stem(file)] + object.names.map(\.bytes) + (name.map { [$0.bytes] } ?? [])
        var saved = parts.map(legible).joined(separator: "-")
        while saved.utf8.count > longest { saved.removeFirst() }
        saved += ".\(form.rawValue)"
        let kind = form == .png ? "inline" : "attachment"
        let plain = String(saved.map { $0.isASCII ? $0 : "_" })
        var field = "\(kind); filename=\"\(plain)\""
        if plain != saved { field += "; filename*=UTF-8''" + PercentCoding.encode(Array(saved.utf8)) }
        return field
    }

    /// The last name of a path, without its ending.
    private static func stem(_ file: [UInt8]) -> [UInt8] {
        let name = file.split(separator: UInt8(ascii: "/")).last ?? []
        guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > name.startIndex else { return Array(name) }
        return Array(name[..<dot])
    }

    /// What is safe in a file's name, everywhere.
    private static func legible(_ name: [UInt8]) -> String {
        String(
            String(decoding: name, as: UTF8.self).map { character in
                let isPlain = character.isLetter || character.isNumber || "-_.+ ()[]{}=,".contains(character)
                return isPlain ? character : "_"
            })
    }
}
