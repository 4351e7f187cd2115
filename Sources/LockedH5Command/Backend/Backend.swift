import H5Model
import HTTPMessage

/// Who answers a command's requests: a server, or this process about files of this machine. Both say the same.
protocol Backend: AnyObject {
    /// What an address leads to: the first regular file on the way, and the names behind it.
    /// - Throws: `not_found`.
    func find(_ address: Address) throws(CommandError) -> Found

    /// Answers one call; the body comes in pieces.
    ///
    /// All reads of one file together see one state of it, or fail.
    /// - Throws: What the answer refuses, and what `take` throws.
    func send(
        _ call: Call, _ take: (_ piece: [UInt8]) throws(CommandError) -> Void
    ) throws(CommandError) -> ResponseHead

    /// The head and the whole body of an answer.
    func bytes(_ call: Call) throws(CommandError) -> (ResponseHead, [UInt8])

    /// Forgets in which state a file was read, so that what is read next may be of another one.
    func beginAnew(_ file: [UInt8])

    /// Whether the state in which a file was read first can be told from every later one.
    func knowsState(_ file: [UInt8]) -> Bool

    /// Whether both are in one file.
    func isSameFile(_ first: Found, _ second: Found) throws(CommandError) -> Bool

    /// A page of a directory.
    func list(_ directory: [UInt8], after: [UInt8]?) throws(CommandError) -> JSONTree

    /// - Returns: The answer's document; nil where there is none.
    @discardableResult
    func change(_ change: EntryChange) throws(CommandError) -> JSONTree?
}

extension Backend {
    /// The longest document that is taken into memory, in bytes.
    var documentLimit: Int { 256 << 20 }

    func bytes(_ call: Call) throws(CommandError) -> (ResponseHead, [UInt8]) {
        var body: [UInt8] = []
        let limit = documentLimit
        let head = try send(call) { piece throws(CommandError) in
            guard body.count + piece.count <= limit else {
                throw CommandError(.tooLarge, "the answer has more than \(limit >> 20) MiB")
            }
            body += piece
        }
        return (head, body)
    }

    /// The document of an answer; null of one without a body.
    func document(_ call: Call) throws(CommandError) -> JSONTree {
        let (_, body) = try bytes(call)
        return body.isEmpty ? .null : try JSONTree(answer: body)
    }
}

extension JSONTree {
    /// - Throws: An error without a code.
    init(answer: [UInt8]) throws(CommandError) {
        do throws(JSONError) {
            self = try answer.withUnsafeBufferPointer { text throws(JSONError) in
                var reader = JSONReader(UnsafeRawBufferPointer(text))
                return try JSONTree(&reader, limit: .max)
            }
        } catch {
            throw CommandError(nil, "the answer is not understood: \(error)")
        }
    }
}
