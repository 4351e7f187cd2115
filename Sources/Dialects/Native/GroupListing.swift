import H5Model
import HDF5JSON
import HTTPMessage
import HTTPTypes
import LockedH5
import Routes

/// A page of a group's members, and of those of its groups down to a depth.
struct GroupListing {
    /// The most members in one answer, at all depths together.
    private static let mostMembers = 10_000

    let after: HDF5Name?
    private let request: WorkerRequest
    /// A listing that has become longer ends there, and tells where to go on.
    private let mostBytes: Int
    private let limit: Int
    private let depth: Int
    private var room = GroupListing.mostMembers

    /// - Throws: `invalid`.
    init(_ request: WorkerRequest, mostBytes: Int) throws(ServiceError) {
        self.request = request
        self.mostBytes = mostBytes
        limit = try request.query.limit()
        depth = try request.query.integer("depth", in: 1...8) ?? 1
        after = request.query.first("after").flatMap { $0.isEmpty ? nil : HDF5Name(bytes: $0) }
    }

    /// Writes `members` and `next` of the group at `path`.
    /// - Returns: The last member where more follow.
    mutating func write(
        _ path: ObjectPath, after: HDF5Name?, level: Int = 1, _ file: borrowing ReadableFile,
        to json: inout JSONWriter
    ) throws(ServiceError) -> HDF5Name? {
        let page = try file.members(of: path, after: after, limit: min(limit, room))
        room -= page.elements.count
        let href = Href(file: request.file, path: path)
        var last: HDF5Name?
        json.key("members")
        try json.array { json throws(ServiceError) in
            for member in page.elements where last == nil || json.bytes.count < mostBytes {
                try write(member, in: path, href, level: level, file, to: &json)
                last = member.name
            }
        }
        if last == page.elements.last?.name && !page.hasMore { last = nil }
        if let last {
            json.member("next", name: last.bytes)
        } else {
            json.key("next")
            json.null()
        }
        return last
    }

    private mutating func write(
        _ member: Member, in group: ObjectPath, _ href: Href, level: Int, _ file: borrowing ReadableFile,
        to json: inout JSONWriter
    ) throws(ServiceError) {
        // Only along hard links: others lead elsewhere, and may lead back.
        let isOpened = level < depth && room > 0 && member.link == .hard && member.object?.kind == .group
        try json.object { json throws(ServiceError) in
            json.member("name", name: member.name.bytes)
            json.object(member.object)
            json.link(member.link)
            json.member("href", utf8: href.target(Href.resource(of: member.object?.kind), of: [member.name]))
            guard isOpened else { return }
            _ = try write(group.appending(member.name), after: nil, level: level + 1, file, to: &json)
        }
    }

    /// The answer with a `Link` to the page after `last`.
    func linked(_ answer: WorkerAnswer, to last: HDF5Name) -> WorkerAnswer {
        var target = Href(file: request.file, path: request.object).target(.groups)
        target = Href.appending("after", last.bytes, to: target)
        for name in ["limit", "depth"] {
            if let value = request.query.first(name) { target = Href.appending(name, value, to: target) }
        }
        var answer = answer
        answer.head.fields[.link] = "<\(String(decoding: target, as: UTF8.self))>; rel=\"next\""
        return answer
    }
}

extension JSONWriter {
    /// `kind` of an object, with shape and datatype of a dataset; null where a link leads to no object.
    mutating func object(_ object: MemberObject?) {
        guard let object else {
            key("kind")
            return null()
        }
        member("kind", object.kind.rawValue)
        if let dataspace = object.dataspace {
            key("shape")
            shape(dataspace.shape)
        }
        if let datatype = object.datatype {
            key("datatype")
            DatatypeJSON.write(datatype, to: &self)
        }
    }

    /// The class of a link, and where a soft or an external one points.
    mutating func link(_ link: Link) {
        member("link", link.className)
        switch link {
        case .hard: break
        case .soft(let target): member("target", name: target)
        case .external(let file, let target):
            member("target", name: target)
            member("targetFile", name: file)
        case .userDefined(let number): member("linkClass", number)
        }
    }
}
