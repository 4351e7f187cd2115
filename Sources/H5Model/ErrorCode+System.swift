#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

extension ErrorCode {
    /// The code of a write that has failed, by its `errno`: where there is no room `out_of_space`, else `internal`.
    package init(ofWrite code: Int32) {
        self = [ENOSPC, EDQUOT, EFBIG].contains(code) ? .outOfSpace : .internal
    }

    /// The code for what could not be done with a file that the user has named, by its `errno`.
    package init(ofFile code: Int32) {
        switch code {
        case ENOENT, ENOTDIR, ENAMETOOLONG: self = .notFound
        case EEXIST, ENOTEMPTY: self = .exists
        case EACCES, EPERM, EROFS: self = .forbidden
        default: self.init(ofWrite: code)
        }
    }
}
