import Glibc

/// The address of the other end of a connection, without the port.
func peerAddress(of socket: Int32) -> String {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    var name = [CChar](repeating: 0, count: 256)
    let result = withUnsafeMutablePointer(to: &storage) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            getpeername(socket, address, &length) == 0
                ? getnameinfo(address, length, &name, socklen_t(name.count), nil, 0, NI_NUMERICHOST) : -1
        }
    }
    // One that has left already has none.
    return result == 0 ? String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self) : "?"
}
