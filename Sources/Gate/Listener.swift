import Glibc

/// A listening TCP socket; not closed here, since the HTTP server owns it once it has started.
struct Listener {
    let socket: Int32
    /// `http://HOST:PORT` with the port that was found.
    let address: String

    init(host: String, port: UInt16) throws(GateError) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let name = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        let code = getaddrinfo(name, String(port), &hints, &list)
        guard code == 0, let first = list?.pointee else {
            throw GateError("cannot listen on \(host): \(String(cString: gai_strerror(code)))")
        }
        defer { freeaddrinfo(list) }
        let kind = first.ai_socktype | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        socket = Glibc.socket(first.ai_family, kind, first.ai_protocol)
        if socket < 0 { throw GateError.system("socket", errno) }
        var one: Int32 = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        guard bind(socket, first.ai_addr, first.ai_addrlen) == 0, listen(socket, 4096) == 0 else {
            let code = errno
            close(socket)
            throw GateError.system("cannot listen on \(host):\(port)", code)
        }
        address = "http://\(name.contains(":") ? "[\(name)]" : name):\(try Self.port(of: socket))"
    }

    private static func port(of socket: Int32) throws(GateError) -> UInt16 {
        var address = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let code = withUnsafeMutableBytes(of: &address) {
            $0.withMemoryRebound(to: sockaddr.self) { getsockname(socket, $0.baseAddress, &size) }
        }
        if code < 0 { throw GateError.system("getsockname", errno) }
        // The port lies at the same place in the addresses of both families.
        return withUnsafeBytes(of: address) { UInt16(bigEndian: $0.load(fromByteOffset: 2, as: UInt16.self)) }
    }
}
