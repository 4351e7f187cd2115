internal import CHDF5
internal import H5Model

/// Follows a path link by link, once libhdf5 has failed to, in order to say why it leads nowhere.
struct PathDiagnosis {
    let file: hid_t
    let links: hid_t
    let wanted: ObjectPath
    /// What libhdf5 said, for where every link is in order.
    let failure: HDF5Error
    private static let softLinkLimit = 16

    init(file: hid_t, links: hid_t, wanted: ObjectPath, failure: HDF5Error) {
        self.file = file
        self.links = links
        self.wanted = wanted
        self.failure = failure
    }

    /// Why the wanted path does not open.
    func reason() -> HDF5Error {
        do throws(HDF5Error) {
            return try reason(for: wanted, softLinks: 0) ?? failure
        } catch {
            return error
        }
    }

    private func reason(for path: ObjectPath, softLinks: Int) throws(HDF5Error) -> HDF5Error? {
        var group = try Object(H5Oopen(file, "/", links), at: .root)
        for (index, name) in path.names.enumerated() where name != "." {
            let place = ObjectPath(names: Array(path.names[...index]))
            if group.kind != .group { return missing("\(group.path) is a \(group.kind.rawValue), not a group") }
            guard try group.hasLink(name, links) else { return missing("") }
            let id = H5Oopen(group.handle.id, try cString(name.bytes), links)
            if id < 0 {
                let reason = try reason(of: name, at: place, in: group, softLinks: softLinks)
                return reason?.followed(by: path.names[(index + 1)...])
            }
            group = try Object(id, at: place)
        }
        return nil
    }

    private func reason(
        of name: HDF5Name, at place: ObjectPath, in group: borrowing Object, softLinks: Int
    ) throws(HDF5Error) -> HDF5Error? {
        let failure = HDF5Error.latest("opening \(place)")
        switch try group.link(name, links) {
        case .hard:
            return failure
        case .external(let file, let target):
            let elsewhere = Elsewhere(link: place, file: file, target: ObjectPath(bytes: target))
            return HDF5Error(
                .unsupported, "\(place) is an external link into another file, \"\(elsewhere.fileTitle)\"",
                elsewhere: elsewhere)
        case .userDefined(let number):
            return HDF5Error(.unsupported, "\(place) is a user-defined link of class \(number), which nothing follows")
        case .soft(let target):
            guard softLinks < Self.softLinkLimit else {
                return HDF5Error(.missing, "no object at \(wanted): its soft links lead in a circle, or are too many")
            }
            let isAbsolute = target.first == UInt8(ascii: "/")
            let names = (isAbsolute ? [] : place.parent.names) + ObjectPath(bytes: target).names
            var reason = try reason(for: ObjectPath(names: names), softLinks: softLinks + 1)
            if let elsewhere = reason?.elsewhere {
                reason?.elsewhere = Elsewhere(link: place, file: elsewhere.file, target: elsewhere.path)
            }
            guard softLinks == 0, let reason, reason.cause == .missing, !reason.message.contains("circle") else {
                return reason
            }
            return missing("\(place) is a soft link to \(String(decoding: target, as: UTF8.self)), which is not there")
        }
    }

    private func missing(_ explanation: String) -> HDF5Error {
        HDF5Error(.missing, "no object at \(wanted)" + (explanation.isEmpty ? "" : " (\(explanation))"))
    }
}
