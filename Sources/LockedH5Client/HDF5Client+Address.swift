#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension HDF5Client {
    /// A client of the server at an address, such as `http://127.0.0.1:8080`; nothing is sent yet.
    /// - Throws: `notSent` for what is no address of a server.
    public init(_ address: String) throws(HDF5ClientError) {
        guard let url = URL(string: address) else {
            throw HDF5ClientError(.notSent("\"\(address)\" is not the address of a server: http://HOST:PORT"))
        }
        try self.init(url: url)
    }
}
