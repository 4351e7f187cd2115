import Glibc

extension FileLock {
    /// The processes of this machine that hold a `flock` lock on a file, as far as the system shows.
    ///
    /// Empty when it does not: for holders on other machines or in other containers, and on file systems (overlays,
    /// Btrfs) that show `stat` another device number than the kernel's. Source: proc_locks(5).
    public static func holders(of file: FileIdentity) -> [Int32] {
        currentHolders(of: file).map(\.process)
    }

    /// A process that holds a lock, and how.
    public struct Holder: Equatable, Sendable {
        public var process: Int32
        public var mode: Mode
    }

    /// The same processes, with the modes of their locks.
    public static func currentHolders(of file: FileIdentity) -> [Holder] {
        holders(of: file, in: contents(of: "/proc/locks"))
    }

    /// Lines read `1: FLOCK ADVISORY WRITE 4711 fd:01:1234 0 EOF`, those of waiters `1: -> FLOCK ...`.
    static func holders(of file: FileIdentity, in table: String) -> [Holder] {
        let place = place(of: file)
        var found: [Holder] = []
        for line in table.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count >= 6, fields[1] == "FLOCK", fields[5] == place else { continue }
            // 0 and less stand for processes that are not visible from here.
            guard let process = Int32(fields[4]), process > 0, !found.contains(where: { $0.process == process })
            else { continue }
            found.append(Holder(process: process, mode: fields[3] == "READ" ? .shared : .exclusive))
        }
        return found
    }

    /// Device and inode as the kernel prints them: two hexadecimal numbers of two digits or more, one decimal.
    private static func place(of file: FileIdentity) -> String {
        // The bits that the C macros major and minor take; they are no functions in Swift.
        let major = file.device >> 8 & 0xFFF | file.device >> 32 & 0xFFFF_F000
        let minor = file.device & 0xFF | file.device >> 12 & 0xFFFF_FF00
        return "\(hexadecimal(major)):\(hexadecimal(minor)):\(file.inode)"
    }

    private static func hexadecimal(_ number: UInt64) -> String {
        (number < 16 ? "0" : "") + String(number, radix: 16)
    }

    /// A file of the system as text, empty where there is none to read.
    private static func contents(of path: String) -> String {
        guard let descriptor = retrying(path: path, { Glibc.open($0, O_RDONLY | O_CLOEXEC) }).value else { return "" }
        let file = OpenDescriptor(descriptor: descriptor)
        var text: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 16384)
        while let count = retrying({ Int32(read(file.descriptor, &part, part.count)) }).value, count > 0 {
            text += part.prefix(Int(count))
        }
        return String(decoding: text, as: UTF8.self)
    }
}
