import CProcess
import Glibc

/// What the kernel tells of directories that are watched (inotify(7)).
final class Inotify {
    struct Notice {
        /// The directory's watch; none where notices were lost.
        var watch: Int32
        var mask: UInt32
        /// The name in the directory; empty for the directory itself.
        var name: [UInt8]

        func has(_ bits: Int32) -> Bool { mask & UInt32(bitPattern: bits) != 0 }

        /// The kernel's queue was full.
        var isOverflow: Bool { has(IN_Q_OVERFLOW) }
        /// The watch has ended.
        var isEnd: Bool { has(IN_IGNORED) }
        var isOfDirectory: Bool { has(IN_ISDIR) }
        /// A name has come or gone whole.
        var isMove: Bool { has(IN_MOVED_FROM | IN_MOVED_TO) }
        var isRemoval: Bool { has(IN_DELETE) }
        var isCreation: Bool { has(IN_CREATE) }
    }

    private static let mask = UInt32(
        bitPattern: IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB
            | IN_ONLYDIR | IN_EXCL_UNLINK)

    let descriptor: Int32
    private var buffer = [UInt8](repeating: 0, count: 64 << 10)

    init() throws(GateError) {
        descriptor = inotify_init1(O_CLOEXEC | O_NONBLOCK)
        if descriptor < 0 { throw GateError.system("inotify_init1", errno) }
    }

    deinit {
        close(descriptor)
    }

    /// The watch of an open directory; nil where the system has none to give, or the file system tells nothing.
    func watch(directory: Int32) -> Int32? {
        let watch = inotify_add_watch(descriptor, "/proc/self/fd/\(directory)", Self.mask)
        return watch < 0 ? nil : watch
    }

    func unwatch(_ watch: Int32) {
        inotify_rm_watch(descriptor, watch)
    }

    /// Takes what has come, at most one buffer of it.
    func read() -> [Notice] {
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        guard count > 0 else { return [] }
        return buffer.withUnsafeBytes { Self.parse(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }

    private static func parse(_ bytes: UnsafeRawBufferPointer) -> [Notice] {
        var notices: [Notice] = []
        var place = 0
        // struct inotify_event: wd, mask, cookie, len, and a name of len bytes that NULs end.
        while place + 16 <= bytes.count {
            let length = Int(bytes.loadUnaligned(fromByteOffset: place + 12, as: UInt32.self))
            let name = bytes[(place + 16)..<min(place + 16 + length, bytes.count)].prefix { $0 != 0 }
            notices.append(
                Notice(
                    watch: bytes.loadUnaligned(fromByteOffset: place, as: Int32.self),
                    mask: bytes.loadUnaligned(fromByteOffset: place + 4, as: UInt32.self), name: Array(name)))
            place += 16 + length
        }
        return notices
    }
}
