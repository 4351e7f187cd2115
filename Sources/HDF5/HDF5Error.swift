package import H5Model

/// A failure inside the HDF5 layer: what was being done, what kind of failure it was, and libhdf5's error stack.
package struct HDF5Error: Error, Equatable, Sendable {
    /// What a caller can tell apart; the service's codes are made from these.
    package enum Cause: Sendable, CaseIterable {
        /// No object, link, attribute or member of this name.
        case missing
        /// An object, link or attribute of this name is there already.
        case exists
        /// An object of another kind than the operation needs.
        case wrongKind
        /// A request that no file could satisfy.
        case invalid
        /// A selection outside the shape.
        case outOfBounds
        /// Something that the file holds and this library does not serve.
        case unsupported
        /// More bytes than the caller allows.
        case tooLarge
        /// A file without an HDF5 signature.
        case notHDF5
        /// A file that another program has open for writing, or had when it ended.
        case openElsewhere
        /// An object that a newer libhdf5 wrote.
        case newerFormat
        /// Bytes that make no sense.
        case damaged
        /// The process may not have that much memory.
        case outOfMemory
        /// The operating system could not read or write the file.
        case inputOutput
        /// The disk, a quota or a limit of the file's size is in the way.
        case outOfSpace
        /// libhdf5 itself cannot be used.
        case library
    }

    /// One level of libhdf5's error stack.
    package struct Frame: Equatable, Sendable {
        package var major: String
        package var minor: String
        package var description: String

        package init(major: String, minor: String, description: String) {
            self.major = major
            self.minor = minor
            self.description = description
        }
    }

    package var cause: Cause
    /// One sentence without a full stop.
    package var message: String
    /// libhdf5's error stack, the innermost frame (the cause) first; empty where libhdf5 was not asked.
    package var frames: [Frame]
    /// Where the path goes on, where an external link leads out of the file.
    package var elsewhere: Elsewhere?
    /// What whoever opens other files has said.
    package var refusal: ServiceError?

    package init(_ cause: Cause, _ message: String, frames: [Frame] = [], elsewhere: Elsewhere? = nil) {
        self.cause = cause
        self.message = message
        self.frames = frames
        self.elsewhere = elsewhere
    }
}

extension HDF5Error {
    /// The same where more names follow those of which the way was looked for.
    func followed(by names: some Sequence<HDF5Name>) -> HDF5Error {
        var error = self
        error.elsewhere?.rest += names
        return error
    }

    /// The same for a path that must not leave the file.
    /// - Parameter rule: Why not.
    func staying(_ rule: String) -> HDF5Error {
        guard elsewhere != nil else { return self }
        return HDF5Error(.unsupported, "\(message): \(rule)", frames: frames)
    }
}

extension HDF5Error: CustomStringConvertible {
    package var description: String {
        frames.reduce(message) { "\($0)\n  \($1.major), \($1.minor): \($1.description)" }
    }
}
