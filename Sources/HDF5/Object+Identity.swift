internal import CHDF5

extension Object {
    /// What tells the object from the file's others, whatever link leads to it.
    package func identity() throws(HDF5Error) -> [UInt64] {
        let token = try facts().token
        return [token.0, token.1]
    }
}
