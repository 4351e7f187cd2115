import Glibc
import H5Model

/// A file that comes in several requests.
final class PartialUpload {
    let file: NewFile
    /// Bytes of the whole.
    let length: Int
    /// Bytes that are there, from the first on.
    var offset = 0
    /// Whether a request is adding to it.
    var isBusy = false
    fileprivate var used = ContinuousClock.Instant.now

    init(file: NewFile, length: Int) {
        self.file = file
        self.length = length
    }
}

/// Uploads that have begun with a part and wait for the next one. Their files have no name: with the server they end,
/// and leave nothing behind.
final class PartialUploads {
    private let loop: EventLoop
    private let lifetime: Duration
    private var uploads: [FilePath: PartialUpload] = [:]
    /// More are refused.
    private static let most = 256

    init(loop: EventLoop, lifetime: Duration) {
        self.loop = loop
        self.lifetime = lifetime
    }

    /// The upload to `path` that has begun.
    subscript(path: FilePath) -> PartialUpload? { uploads[path] }

    /// Begins an upload anew.
    /// - Throws: `unavailable` where too many have begun.
    func begin(_ path: FilePath, _ upload: PartialUpload) throws(ServiceError) {
        if uploads[path] == nil && uploads.count >= Self.most {
            throw ServiceError(.unavailable, "\(Self.most) uploads in parts have begun already; try again")
        }
        uploads[path] = upload
        watch(path, upload)
    }

    func end(_ path: FilePath, _ upload: PartialUpload) {
        if uploads[path] === upload { uploads[path] = nil }
    }

    /// The upload has been used: its lifetime begins anew.
    func touch(_ upload: PartialUpload) {
        upload.used = .now
    }

    private func watch(_ path: FilePath, _ upload: PartialUpload) {
        loop.after(lifetime) { [weak self, weak upload] in
            guard let self, let upload, self.uploads[path] === upload else { return }
            if !upload.isBusy && .now - upload.used >= self.lifetime { return self.end(path, upload) }
            self.watch(path, upload)
        }
    }
}
