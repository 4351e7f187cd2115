public import H5Elements
public import H5Model

extension GroupWriting where Self: ~Copyable & ~Escapable {
    /// Makes a virtual dataset, whose elements are those of other datasets, and the groups on the way to it.
    /// - Parameters:
    ///   - type: Tells the datatype, where none is given.
    ///   - fillValue: What stands where no source does, and where a source is not there.
    /// - Throws: As `createDataset`.
    @discardableResult
    @_lifetime(copy self)
    public func createVirtualDataset<E: Element>(
        _ path: some PathConvertible, of type: E.Type, _ layout: VirtualLayout, datatype: Datatype? = nil,
        fillValue: E? = nil
    ) throws(ServiceError) -> WritableDataset {
        let options = NewDataset(shape: layout.shape, datatype: datatype, fillValue: fillValue)
        var creation = try options.creation(example: fillValue)
        creation.sources = layout.sources
        return try createDataset(path, creation)
    }
}
