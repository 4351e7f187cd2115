import ArgumentParser
import FileLock
import Glibc
import H5Model
import HTTPMessage
import LockedH5Client

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `lockedh5 locks`: who holds locks of a file, and who waits for one.
struct LocksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "locks", abstract: "Tell who holds locks of an HDF5 file, and who waits for one.",
        usage: "lockedh5 locks [--json] URL_OR_PATH",
        discussion: """
            Of a URL (see lockedh5 lock --help) the server tells its leases and requests, and the programs beside it that \
            have the file open; times are in UTC. Of a path, the processes of this machine are told that hold the file's \
            flock, a server among them, as far as the system shows them: some file systems hide them (Btrfs, overlays).

            Exit status: 0, also where nobody holds a lock; 1 when it cannot be told; 2 for wrong usage.
            """)

    @Argument(help: ArgumentHelp("The file.", valueName: "url-or-path"), completion: .file())
    var subject: String

    @Flag(help: "Write JSON: {\"file\", \"holders\", \"waiters\"}.")
    var json = false

    func validate() throws {
        do {
            _ = try LockSubject(subject)
        } catch {
            throw ValidationError("\(error)")
        }
    }

    func run() throws {
        let rows: [LockRow]
        switch try LockSubject(subject) {
        case .path(let path): rows = try LockRow.rows(path: path)
        case .served(let served): rows = try LockRow.rows(served)
        }
        writeLine(json ? text(json: rows) : rows.isEmpty ? "nobody holds a lock of \(subject)" : table(rows), to: 1)
    }

    private func table(_ rows: [LockRow]) -> String {
        let lines = [["", "KIND", "MODE", "SINCE", "EXPIRES", "PROCESS"]] + rows.map(\.cells)
        let widths = lines[0].indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { cells in
            let padded = zip(cells, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            let line = padded.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }.joined(separator: "\n")
    }

    private func text(json rows: [LockRow]) -> String {
        var writer = JSONWriter()
        writer.object { writer in
            writer.key("file")
            writer.string(subject)
            for (key, isHolder) in [("holders", true), ("waiters", false)] {
                writer.key(key)
                writer.array { writer in
                    for row in rows where row.isHolder == isHolder { row.write(to: &writer) }
                }
            }
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

/// A lock, or a wait for one.
private struct LockRow {
    var isHolder: Bool
    var kind: LockStatus.Kind
    var mode: LockMode?
    var since: Date?
    var expires: Date?
    var fence: Int?
    var process: Int?

    var cells: [String] {
        [
            isHolder ? "holds" : "waits", kind.rawValue, mode?.rawValue ?? "-", since?.text ?? "-",
            expires?.text ?? "-",
            process.map(String.init) ?? "-",
        ]
    }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.key("kind")
            json.string(kind.rawValue)
            for (key, text) in [("mode", mode?.rawValue), ("since", since?.text), ("expires", expires?.text)] {
                guard let text else { continue }
                json.key(key)
                json.string(text)
            }
            for (key, number) in [("fence", fence), ("process", process)] {
                guard let number else { continue }
                json.key(key)
                json.integer(number)
            }
        }
    }

    static func rows(path: String) throws -> [LockRow] {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw LockCommand.failure("\(path): \(String(cString: strerror(errno)))")
        }
        return FileLock.currentHolders(of: FileIdentity(status)).map { holder in
            LockRow(
                isHolder: true, kind: .program, mode: holder.mode == .shared ? .shared : .exclusive,
                process: Int(holder.process))
        }
    }

    static func rows(_ served: LockSubject.ServedFile) throws -> [LockRow] {
        let status: LockStatus
        do {
            status = try waitFor { try await HDF5Client(url: served.server).locks(of: served.file) }
        } catch {
            throw LockCommand.failure("\(error)")
        }
        let holders = status.holders.map { holder in
            LockRow(
                isHolder: true, kind: holder.kind, mode: holder.mode, since: holder.since, expires: holder.expires,
                fence: holder.fence, process: holder.process)
        }
        return holders
            + status.waiters.map { waiter in
                LockRow(isHolder: false, kind: waiter.kind, mode: waiter.mode, since: waiter.since)
            }
    }
}

extension Date {
    fileprivate var text: String { formatted(.iso8601) }
}
