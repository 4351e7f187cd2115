import FileLock
import Glibc
import H5Model
import HTTPMessage
import HTTPTypes

/// Who has a file's lock, and who waits for it: the answer to `GET /v1/locks/FILE`. It takes no lock.
struct LockListing {
    let path: FilePath
    let claims: [LockClaim]
    /// Other programs of this machine, as far as the system tells of them.
    let programs: [FileLock.Holder]

    /// - Throws: `not_found`, `forbidden`.
    init(gate: Gate, path: FilePath) throws(ServiceError) {
        self.path = path
        let identity: FileIdentity
        if let lease = gate.leases.reservation(of: path) {
            identity = lease.claim.file.identity
        } else {
            identity = FileIdentity(try gate.root.status(path))
        }
        claims = gate.locks.claims(of: identity)
        programs = FileLock.currentHolders(of: identity).filter { $0.process != getpid() }
    }

    func response() -> Response {
        var json = JSONWriter()
        json.object { json in
            json.key("file")
            json.string(path.text)
            json.key("holders")
            json.array { json in
                for claim in claims where claim.isHeld { Self.write(claim, to: &json) }
                for program in programs { Self.write(program, to: &json) }
            }
            json.key("waiters")
            json.array { json in
                for claim in claims where !claim.isHeld { Self.write(claim, to: &json) }
            }
        }
        let fields: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]
        return Response(head: ResponseHead(status: 200, fields: fields), body: .bytes(json.bytes))
    }

    private static func write(_ claim: LockClaim, to json: inout JSONWriter) {
        json.object { json in
            json.key("kind")
            json.string(claim.isForLease ? "lease" : "request")
            json.key("mode")
            json.string(claim.mode.rawValue)
            json.key("since")
            json.string(Timestamp.rfc3339(nanoseconds: claim.since))
            if let lease = claim.owner {
                json.key("expires")
                json.string(Timestamp.rfc3339(nanoseconds: lease.expires))
                json.key("fence")
                json.integer(lease.fence)
            }
        }
    }

    private static func write(_ program: FileLock.Holder, to json: inout JSONWriter) {
        json.object { json in
            json.key("kind")
            json.string("program")
            json.key("mode")
            json.string(program.mode.rawValue)
            json.key("process")
            json.integer(Int(program.process))
        }
    }
}
