public import H5Model
internal import HDF5

/// The filter plug-ins that were found when libhdf5 was started.
public struct FilterReport: Equatable, Sendable {
    /// The registered numbers of the filters that were loaded, beside those that libhdf5 has itself.
    public var loaded: [Int]
    /// What did not load, one sentence each.
    public var failures: [String]
}

extension LockedFile {
    /// Starts libhdf5 and loads the filter plug-ins; without this call the first file that is read does so.
    ///
    /// A process that is going to confine itself calls this before: afterwards libhdf5 opens nothing by name. Environment
    /// variables that change libhdf5's behaviour are removed from the process.
    ///
    /// - Parameter filterDirectory: Where the plug-ins are; nil for the distribution's own. Only the first start's counts.
    /// - Throws: `internal`.
    @discardableResult
    public static func prepare(filterDirectory: String? = nil) throws(ServiceError) -> FilterReport {
        do {
            let plugins = try HDF5Library.start(filterDirectory: filterDirectory).plugins
            return FilterReport(loaded: plugins.loaded.map(\.filter), failures: plugins.failures)
        } catch {
            throw ServiceError(error)
        }
    }

    /// Whether libhdf5's own state can still be relied on in this process.
    ///
    /// False once a file failed to open or to close, or memory ran out; a worker then ends and is replaced.
    public static var isTrustworthy: Bool { HDF5Library.isTrustworthy }
}
