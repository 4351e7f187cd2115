import H5Model
import HTTPMessage

/// What the body of a request for a lease, or for more of it, says.
struct LeaseBody {
    var mode = LockMode.exclusive
    /// Nil where the body says nothing.
    var ttl: Duration?
    var creates = false

    /// - Throws: `invalid`.
    init(_ upload: Upload?, keys: [String] = ["mode", "ttl", "create"]) throws(ServiceError) {
        guard let bytes = upload?.inMemory, !bytes.isEmpty else { return }
        guard case .object(let members) = try JSONTree(body: bytes) else {
            throw ServiceError(.invalid, "the body is a JSON object with \(keys.joined(separator: ", "))")
        }
        for member in members {
            let key = String(decoding: member.name, as: UTF8.self)
            guard keys.contains(key) else {
                throw ServiceError(.invalid, "the body has \"\(key)\"; it may have \(keys.joined(separator: ", "))")
            }
            switch (key, member.value) {
            case ("mode", let value):
                guard let text = value.text, let mode = LockMode(rawValue: text) else {
                    throw ServiceError(.invalid, "\"mode\" is \(value.summary), not \"shared\" or \"exclusive\"")
                }
                self.mode = mode
            case ("ttl", let value):
                guard let seconds = value.seconds else {
                    throw ServiceError(.invalid, "\"ttl\" is \(value.summary), not a number of seconds")
                }
                ttl = seconds
            case ("create", .boolean(let flag)): creates = flag
            default: throw ServiceError(.invalid, "\"\(key)\" is \(member.value.summary), not true or false")
            }
        }
        if creates && mode == .shared {
            throw ServiceError(
                .invalid, "a file cannot be made under a shared lease: \"create\" needs an exclusive one")
        }
    }
}

extension JSONTree {
    /// - Throws: `invalid` for what is no JSON.
    init(body bytes: [UInt8]) throws(ServiceError) {
        do throws(JSONError) {
            self = try bytes.withUnsafeBufferPointer { bytes throws(JSONError) in
                var reader = JSONReader(UnsafeRawBufferPointer(bytes))
                let tree = try JSONTree(&reader)
                try reader.end()
                return tree
            }
        } catch {
            throw ServiceError(.invalid, "the body is not JSON: \(error)")
        }
    }

    /// A number of seconds; nil of anything else, and of more than can be waited for.
    fileprivate var seconds: Duration? {
        guard case .number(let number) = self else { return nil }
        let value: Double? =
            switch number {
            case .integer(let integer): Double(integer)
            case .unsigned(let integer): Double(integer)
            case .other(let text): Double(text)
            }
        return value.flatMap { abs($0) < 1e9 ? .seconds($0) : nil }
    }
}
