import CExtendedAttributes
import Glibc

/// Who may do what with a file.
public enum FileRights {
    /// Gives a file owner, permissions, access lists and other extended attributes of another, as far as the system allows.
    public static func copy(from source: Int32, to file: Int32) {
        var status = stat()
        guard fstat(source, &status) == 0 else { return }
        if fchown(file, status.st_uid, status.st_gid) < 0 {
            _ = fchown(file, uid_t.max, status.st_gid)
        }
        fchmod(file, status.st_mode & 0o7777)
        for name in attributeNames(of: source) {
            let size = fgetxattr(source, name, nil, 0)
            guard size >= 0 else { continue }
            var value = [UInt8](repeating: 0, count: size)
            let count = fgetxattr(source, name, &value, size)
            if count >= 0 { fsetxattr(file, name, value, count, 0) }
        }
    }

    private static func attributeNames(of file: Int32) -> [[CChar]] {
        let size = flistxattr(file, nil, 0)
        guard size > 0 else { return [] }
        var list = [CChar](repeating: 0, count: size)
        let count = flistxattr(file, &list, size)
        return list.prefix(max(count, 0)).split(separator: 0).map { Array($0) + [0] }
    }
}
