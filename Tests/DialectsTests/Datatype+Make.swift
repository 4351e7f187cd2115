import H5Model

extension Datatype {
    /// A packed compound.
    static func compound(_ fields: KeyValuePairs<String, Datatype>) -> Datatype {
        .compound(Compound(packing: fields.map { (HDF5Name($0.key), $0.value) }))
    }
}
