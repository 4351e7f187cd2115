import H5Model
import HTTPMessage
import HTTPTypes

/// What an argument leads to, and who answers for it.
struct Subject {
    var address: Address
    var backend: any Backend
    var found: Found

    /// A call about it.
    func call(_ resource: String, _ object: ObjectPath? = nil) -> Call {
        Call(.get, resource, found.file, object ?? found.object)
    }
}

/// The backends of a command: one for this machine, one for each server.
final class Backends {
    private let wait: Double?
    private var local: LocalBackend?
    private var remote: [String: RemoteBackend] = [:]

    init(wait: Double?) {
        self.wait = wait
    }

    func backend(for address: Address) throws(CommandError) -> any Backend {
        guard case .served(let served) = address.place else {
            let backend = local ?? LocalBackend(wait: wait ?? 10)
            local = backend
            return backend
        }
        let server = "\(served.server)"
        if let backend = remote[server] { return backend }
        let backend = try RemoteBackend(server: served.server, wait: wait)
        remote[server] = backend
        return backend
    }

    func address(_ text: String) throws(CommandError) -> Address {
        do throws(Address.NotUnderstood) {
            return try Address(text)
        } catch {
            throw CommandError(.invalid, error.description)
        }
    }

    /// - Throws: `invalid`, `not_found`.
    func subject(_ text: String) throws(CommandError) -> Subject {
        let address = try address(text)
        let backend = try backend(for: address)
        return Subject(address: address, backend: backend, found: try backend.find(address))
    }

    /// Puts the argument in front of the messages of what is done with it.
    func naming<R>(_ text: String, _ body: () throws(CommandError) -> R) throws(CommandError) -> R {
        do throws(CommandError) {
            return try body()
        } catch {
            throw error.about(text)
        }
    }
}
