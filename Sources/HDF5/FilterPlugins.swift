internal import CHDF5
internal import Glibc

/// The filter plug-ins of one directory, loaded and registered with libhdf5.
package struct FilterPlugins: Sendable {
    package struct Plugin: Equatable, Sendable {
        package var file: String
        package var filter: Int
        package var name: String
    }

    package private(set) var loaded: [Plugin] = []
    /// What could not be loaded, one sentence each.
    package private(set) var failures: [String] = []

    /// Loads each `*.so` of `directory`, or of the first default directory there is.
    init(directory: String?) {
        guard let folder = directory ?? Self.defaults.first(where: { access($0, R_OK) == 0 }) else { return }
        guard let names = Self.sharedObjects(in: folder) else {
            failures.append("the filter directory \(folder) cannot be read: \(describe(errno))")
            return
        }
        Self.shareLibraries()
        for name in names { load(name, from: folder) }
    }

    // Some plug-ins call libhdf5 without being linked with it, and Debian's lzf so calls liblzf: they find a library only
    // if it is visible to all.
    private static func shareLibraries() {
        _ = dlopen("liblzf.so.1", RTLD_NOW | RTLD_GLOBAL)
        guard let library = chdf5_library() else { return }
        _ = dlopen(library, RTLD_NOW | RTLD_NOLOAD | RTLD_GLOBAL)
    }

    private static var defaults: [String] {
        #if arch(x86_64)
            let triple = "x86_64-linux-gnu"
        #else
            let triple = "aarch64-linux-gnu"
        #endif
        return [
            "/usr/lib/\(triple)/hdf5/serial/plugins", "/usr/lib/\(triple)/hdf5/plugins", "/usr/local/hdf5/lib/plugin",
        ]
    }

    private static func sharedObjects(in folder: String) -> [String]? {
        guard let stream = opendir(folder) else { return nil }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".so") { names.append(name) }
        }
        return names.sorted()
    }

    private mutating func load(_ name: String, from folder: String) {
        typealias TypeFunction = @convention(c) () -> H5PL_type_t
        typealias InfoFunction = @convention(c) () -> UnsafePointer<H5Z_class2_t>?
        guard let image = dlopen("\(folder)/\(name)", RTLD_NOW | RTLD_LOCAL) else {
            failures.append("filter plug-in \(name) did not load: \(dlerror().map { String(cString: $0) } ?? "")")
            return
        }
        guard let type = dlsym(image, "H5PLget_plugin_type"), let info = dlsym(image, "H5PLget_plugin_info"),
            unsafeBitCast(type, to: TypeFunction.self)() == H5PL_TYPE_FILTER,
            let filter = unsafeBitCast(info, to: InfoFunction.self)()
        else {
            failures.append("\(name) is not a filter plug-in")
            return
        }
        register(filter, name)
    }

    private mutating func register(_ filter: UnsafePointer<H5Z_class2_t>, _ file: String) {
        let id = filter.pointee.id
        if let other = loaded.first(where: { $0.filter == Int(id) }) {
            failures.append("filter plug-in \(file) was not needed: \(other.file) has filter \(id) already")
            return
        }
        guard H5Zregister(filter) >= 0 else {
            failures.append("filter plug-in \(file) was refused by libhdf5")
            return
        }
        let name = filter.pointee.name.map { String(cString: $0) } ?? ""
        loaded.append(Plugin(file: file, filter: Int(id), name: name))
    }
}
