import Glibc
import H5Model

/// A file that comes in several requests.
final class PartialUpload {
    /// What tells uploads apart: to one name there may be several, which know nothing of each other.
    struct Name: Hashable {
        var path: FilePath
        /// What whoever uploads has made up.
        var token: String

        private static let longestToken = 128

        /// - Parameter token: The field `Upload-Token`.
        /// - Throws: `invalid`.
        init(_ path: FilePath, token: String?) throws(ServiceError) {
            guard let token, (1...Self.longestToken).contains(token.utf8.count) else {
                throw ServiceError(
                    .invalid,
                    "the parts of an upload have the same Upload-Token, 1 to \(Self.longestToken) characters that no "
                        + "other upload has, such as the file's SHA-256")
            }
            self.path = path
            self.token = token
        }
    }

    let name: Name
    let file: NewFile
    /// Bytes of the whole.
    let length: Int
    /// Bytes that are there, from the first on.
    var offset = 0
    /// Whether a request is adding to it.
    var isBusy = false
    fileprivate var used = ContinuousClock.Instant.now

    init(_ name: Name, file: NewFile, length: Int) {
        self.name = name
        self.file = file
        self.length = length
    }
}

/// Uploads that have begun with a part and wait for the next one. Their files have no name: with the server they end,
/// and leave nothing behind.
final class PartialUploads {
    private let loop: EventLoop
    private let lifetime: Duration
    private var uploads: [PartialUpload.Name: PartialUpload] = [:]
    /// More are refused.
    private static let most = 256

    init(loop: EventLoop, lifetime: Duration) {
        self.loop = loop
        self.lifetime = lifetime
    }

    /// The upload of that name that has begun.
    subscript(name: PartialUpload.Name) -> PartialUpload? { uploads[name] }

    /// Begins an upload anew.
    /// - Throws: `unavailable` where too many have begun.
    func begin(_ upload: PartialUpload) throws(ServiceError) {
        if uploads[upload.name] == nil && uploads.count >= Self.most {
            throw ServiceError(.unavailable, "\(Self.most) uploads in parts have begun already; try again")
        }
        uploads[upload.name] = upload
        watch(upload)
    }

    func end(_ upload: PartialUpload) {
        if uploads[upload.name] === upload { uploads[upload.name] = nil }
    }

    /// The upload has been used: its lifetime begins anew.
    func touch(_ upload: PartialUpload) {
        upload.used = .now
    }

    private func watch(_ upload: PartialUpload) {
        loop.after(lifetime) { [weak self, weak upload] in
            guard let self, let upload, self.uploads[upload.name] === upload else { return }
            if !upload.isBusy && .now - upload.used >= self.lifetime { return self.end(upload) }
            self.watch(upload)
        }
    }
}
