internal import CHDF5

extension HDF5Error {
    /// The error for the libhdf5 call that has just failed.
    /// - Parameter operation: What was being done, as words that follow a subject: "reading /a/b".
    static func latest(_ operation: String) -> HDF5Error {
        let stack = ErrorStack()
        if stack.frames.contains(where: { $0.description.contains("object header message is too large") }) {
            return HDF5Error(
                .tooLarge, "\(operation) failed: the object's header, in the older format, has no room for 64 KiB",
                frames: stack.frames)
        }
        if stack.isOutOfMemory {
            return HDF5Error(.outOfMemory, "\(operation) needs more memory than is allowed", frames: stack.frames)
        }
        let version = libraryVersion
        if stack.frames.contains(where: { tellsOfNewerFormat($0.description) }) {
            return HDF5Error(
                .newerFormat,
                "\(operation) failed: it was written in a newer HDF5 format than this server's library (\(version)) reads",
                frames: stack.frames)
        }
        let reason = stack.frames.first.map { ": \($0.description)" } ?? ""
        return HDF5Error(.damaged, "\(operation) failed, as if the file were damaged\(reason)", frames: stack.frames)
    }
}

/// Whether libhdf5 met a version of something that it does not know. Object headers have had no new version in any
/// release, so that there it is damage.
private func tellsOfNewerFormat(_ description: String) -> Bool {
    description.contains("version number") && !description.contains("object header")
}

/// The version of the libhdf5 that is loaded.
var libraryVersion: String {
    var (major, minor, release): (UInt32, UInt32, UInt32) = (0, 0, 0)
    H5get_libversion(&major, &minor, &release)
    return "\(major).\(minor).\(release)"
}

/// libhdf5's error stack of the last call that failed.
private struct ErrorStack {
    var frames: [HDF5Error.Frame] = []
    var isOutOfMemory = false

    init() {
        withUnsafeMutablePointer(to: &self) { stack in
            // Upward: from the innermost function, where the cause is, to the call that was made.
            _ = H5Ewalk2(hid_t(0), H5E_WALK_UPWARD, visit, stack)
        }
    }

    mutating func append(_ error: H5E_error2_t) {
        isOutOfMemory = isOutOfMemory || error.min_num == chdf5_minor_no_space()
        frames.append(
            HDF5Error.Frame(
                major: text(of: error.maj_num), minor: text(of: error.min_num),
                description: error.desc.map { String(cString: $0) } ?? ""))
    }

    private func text(of message: hid_t) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
            guard let start = buffer.baseAddress, H5Eget_msg(message, nil, start, buffer.count) > 0 else { return "" }
            return String(cString: start)
        }
    }
}

private func visit(_: UInt32, error: UnsafePointer<H5E_error2_t>?, stack: UnsafeMutableRawPointer?) -> herr_t {
    guard let error, let stack else { return 0 }
    stack.assumingMemoryBound(to: ErrorStack.self).pointee.append(error.pointee)
    return 0
}
