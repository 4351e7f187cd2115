import Foundation
import H5Model
import HTTPMessage
import LockedH5Client

/// Does one command.
struct Streaming: Sendable {
    private let arguments: Arguments

    init(_ arguments: Arguments) {
        self.arguments = arguments
    }

    /// The line that tells what was done.
    func run() async -> [UInt8] {
        var json = JSONWriter()
        let result: Result<[(String, Int)], any Error>
        do {
            result = .success(try await perform())
        } catch {
            result = .failure(error)
        }
        json.object { json in
            switch result {
            case .success(let numbers):
                for (name, number) in numbers {
                    json.key(name)
                    json.integer(number)
                }
            case .failure(let error):
                json.key("error")
                json.string("\(error)")
                json.key("code")
                let known = error as? HDF5ClientError
                if let code = known?.code { json.string(code.rawValue) } else { json.null() }
                json.key("done")
                json.integer(known?.done?.bytes ?? -1)
            }
            json.key("peak")
            json.integer(Self.peak)
        }
        return json.bytes
    }

    private func perform() async throws -> [(String, Int)] {
        let policy = RetryPolicy(
            attempts: try arguments.number("attempts", 6), base: .milliseconds(try arguments.number("base", 200)),
            maximum: .milliseconds(try arguments.number("maximum", 10_000)))
        let client = try HDF5Client(url: arguments.url, retry: policy)
        switch arguments.command {
        case "read": return try await read(client)
        case "write": return try await write(client)
        case "append": return try await append(client)
        case "download":
            let target = URL(fileURLWithPath: try arguments.text("to"))
            try await client.download(
                file(), to: target, pieceSize: size(), progress: progress)
        case "upload":
            let source = URL(fileURLWithPath: try arguments.text("from"))
            try await client.upload(
                source, to: file(), goingOn: arguments.flag("goingOn"), pieceSize: size(HDF5Client.pieceSize),
                progress: progress)
        default: throw Arguments.Wrong(description: "there is no command \(arguments.command)")
        }
        return []
    }

    private func file() throws -> ServedPath { ServedPath(try arguments.text("file")) }
    private func path() throws -> ObjectPath { ObjectPath(try arguments.text("path")) }
    private func size(_ standard: Int = HDF5Client.slabSize) throws -> Int { try arguments.number("size", standard) }

    private var progress: TransferProgress.Handler? {
        guard arguments.flag("progress") else { return nil }
        return { progress in
            FileHandle.standardOutput.write(Data("\(progress.bytes)\n".utf8))
        }
    }

    // MARK: Datasets

    /// Reads a dataset, and counts the elements up to the first that is not what it should be.
    private func read(_ client: HDF5Client) async throws -> [(String, Int)] {
        var count = 0
        let slabs = client.slabs(
            of: try path(), in: try file(), as: Double.self, slabSize: try size(), progress: progress
        )
        for try await slab in slabs {
            guard Counting.isCount(slab.values, from: count) else { return [("count", count), ("isWrong", 1)] }
            count += slab.values.count
        }
        return [("count", count)]
    }

    private func write(_ client: HDF5Client) async throws -> [(String, Int)] {
        let counting = Counting(end: try arguments.number("count"), slab: max(try size() / 8, 1))
        try await client.write(slabs: counting, to: path(), in: file(), progress: progress)
        return [("count", counting.end)]
    }

    /// Appends lists to a dataset; those go on where it ends.
    private func append(_ client: HDF5Client) async throws -> [(String, Int)] {
        let (path, lists, rows) = (try path(), try arguments.number("lists"), try arguments.number("rows"))
        let ttl = try arguments.number("ttl", 60)
        let progress = progress
        let range = try await client.withFile(file(), .exclusive, wait: .seconds(60), ttl: .seconds(ttl)) { file in
            let end = try await file.describeDataset(path).shape?.first ?? 0
            let counting = Counting(start: end, end: end + lists * rows, slab: rows)
            return try await file.append(contentsOf: counting.map(\.values), to: path, progress: progress)
        }
        return [("from", range.lowerBound), ("to", range.upperBound)]
    }

    /// The most memory that the process has had, in bytes; -1 where the system does not tell.
    ///
    /// `getrusage` would tell that of the process that has started this one, if that was more.
    private static var peak: Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        let kibibytes = line.flatMap { $0.split(whereSeparator: \.isWhitespace).dropFirst().first }
        return kibibytes.flatMap { Int($0) }.map { $0 << 10 } ?? -1
    }
}
