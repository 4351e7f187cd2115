import Glibc
import H5Model
import HTTPMessage
import HTTPTypes
import LockedH5
import LockedH5Client

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What was carried from one place to another.
struct TransferReport {
    var name: String
    var bytes: Int
    var seconds: Double
    var checksum: String
    /// Of the bytes, those that an earlier attempt had carried.
    var earlier = 0

    var json: JSONTree {
        let number = JSONTree.number(.other(text: "\((seconds * 1000).rounded() / 1000)"))
        return .object([
            JSONTree.Member(name: Array("file".utf8), value: .string(Array(name.utf8))),
            JSONTree.Member(name: Array("bytes".utf8), value: .number(.integer(Int64(bytes)))),
            JSONTree.Member(name: Array("seconds".utf8), value: number),
            JSONTree.Member(name: Array("sha256".utf8), value: .string(Array(checksum.utf8))),
        ])
    }

    var text: String {
        var rate = seconds > 0 ? ", \(Words.size(Int(Double(bytes - earlier) / seconds)))/s" : ""
        if earlier > 0 { rate += ", \(Words.size(earlier)) were there" }
        return
            "\(Words.printable(name)): \(Words.size(bytes)) in \((seconds * 10).rounded() / 10) s\(rate)\nsha256 \(checksum)"
    }
}

/// Carries whole files to and from servers.
struct Transfer {
    let options: CommonOptions
    /// Reads everything once more at the end, and compares.
    let verifies: Bool
    private let locks: LocalLocks

    init(options: CommonOptions, verifies: Bool) {
        (self.options, self.verifies) = (options, verifies)
        locks = LocalLocks(wait: options.wait ?? 10)
    }

    /// Downloads a file to a path of this machine.
    func get(_ subject: Subject, to path: String, isNew: Bool) throws(CommandError) -> TransferReport {
        let bar = ProgressBar(Words.printable(path.lastComponent))
        let checksum: Checksum
        try wholeFile(subject)
        if case .served(let served) = subject.address.place {
            let access = try ServerAccess(served.server, wait: options.wait)
            let options = access.options(subject.found.file)
            let file = ServedPath(names: ObjectPath(bytes: subject.found.file).names)
            let (running, locks) = (RunningChecksum(), locks)
            try run(bar) {
                try await access.client.download(
                    file, to: URL(fileURLWithPath: path), options: options, inspecting: { running.add($0) },
                    naming: { part, name throws(ServiceError) in
                        try LocalEntries.publish(part, as: name, replacing: !isNew, locks)
                    }
                ) { bar.show($0.bytes, of: $0.total) }
            }
            checksum = running.finish()
        } else {
            try copy(subject.found.fileText, to: path, replacing: !isNew)
            checksum = try .of(path, ProgressBar("sha256"))
        }
        return try report(path, checksum, bar, bar.elapsed, comparedWith: verifies ? subject : nil)
    }

    /// Uploads a file of this machine.
    func put(
        _ path: String, to address: Address, _ backends: Backends, isNew: Bool, goesOn: Bool, makesParents: Bool
    ) throws(CommandError) -> TransferReport {
        let bar = ProgressBar(Words.printable(path.lastComponent))
        let checksum: Checksum
        if case .served(let served) = address.place {
            let file = ServedPath(names: served.names)
            let running = RunningChecksum()
            let access = try ServerAccess(served.server, wait: options.wait)
            let options = access.options(address.entry)
            try run(bar) {
                _ = try await access.client.upload(
                    URL(fileURLWithPath: path), to: file, isNew: isNew, makingParents: makesParents, goingOn: goesOn,
                    options: options, inspecting: { running.add($0) }
                ) { bar.show($0.bytes, of: $0.total) }
            }
            checksum = running.finish()
        } else {
            if makesParents, let end = address.text.lastIndex(of: "/"), end > address.text.startIndex {
                let directory = String(address.text[..<end])
                try here { () throws(ServiceError) in
                    try LocalEntries.makeDirectory(directory, withParents: true)
                }
            }
            // Here as at a server only HDF5 files get a name.
            try here { () throws(ServiceError) in
                try locks.read(path) { file throws(ServiceError) in try file.checkReadable() }
            }
            try copy(path, to: LocalBackend.text(address.entry), replacing: !isNew)
            checksum = try .of(path, ProgressBar("sha256"))
        }
        let seconds = bar.elapsed
        let subject = verifies ? try backends.subject(address.text) : nil
        return try report(address.text, checksum, bar, seconds, comparedWith: subject)
    }

    private func copy(_ path: String, to target: String, replacing: Bool) throws(CommandError) {
        try here { () throws(ServiceError) in
            try LocalEntries.copyFile(path, to: target, replacing: replacing, locks)
        }
    }

    private func here(_ body: () throws(ServiceError) -> Void) throws(CommandError) {
        do throws(ServiceError) {
            try body()
        } catch {
            throw CommandError(error)
        }
    }

    private func wholeFile(_ subject: Subject) throws(CommandError) {
        if subject.found.kind == .file { return }
        let what = subject.found.kind == .directory ? "a directory" : "something in a file"
        throw CommandError(.wrongKind, "it is \(what): whole files are carried; lockedh5 cat writes values")
    }

    private func run(_ bar: ProgressBar, _ body: @escaping @Sendable () async throws -> Void) throws(CommandError) {
        defer { bar.end() }
        do {
            try waitFor(body)
        } catch let error as HDF5ClientError {
            throw CommandError(error)
        } catch {
            throw CommandError(nil, "\(error)")
        }
    }

    private func report(
        _ name: String, _ checksum: Checksum, _ bar: ProgressBar, _ seconds: Double, comparedWith subject: Subject?
    ) throws(CommandError) -> TransferReport {
        let text = checksum.text
        if let subject {
            let other = try self.checksum(of: subject, checksum.size).text
            guard other == text else {
                throw CommandError(
                    .preconditionFailed, "what is there is not what was carried: sha256 \(other) and \(text)")
            }
        }
        return TransferReport(
            name: name, bytes: checksum.size, seconds: seconds, checksum: text, earlier: bar.firstBytes)
    }

    private func checksum(of subject: Subject, _ size: Int) throws(CommandError) -> Checksum {
        let bar = ProgressBar("verifying")
        if case .here = subject.address.place { return try .of(subject.found.fileText, bar) }
        var call = Call(.get, "raw", subject.found.file, nil)
        call.accept = "*/*"
        var checksum = Checksum()
        _ = try subject.backend.send(call) { piece throws(CommandError) in
            checksum.add(piece)
            bar.show(checksum.size, of: size)
        }
        bar.end()
        return checksum
    }
}

extension CommandError {
    init(_ error: HDF5ClientError) {
        var error = error
        error.request = nil
        self.init(error.code, error.refusal?.message ?? "\(error)")
    }
}

extension String {
    /// The last name of a path.
    var lastComponent: String { split(separator: "/").last.map(String.init) ?? self }
}
