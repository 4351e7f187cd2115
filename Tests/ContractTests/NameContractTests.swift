import LockedH5
import LockedH5Client
import Testing

@Suite(.contract) struct NameContractTests {
    /// Names that h5py has made: links, each a group with a dataset `x` and an attribute of the same name.
    private static let made = #"""
        names = [b'a+b', b'a%20b', b'100%', b'#', b'?', b'a b', b'&x=1;y', b'"\\', b'..', b'\xff\xfe', 'é日'.encode(), b'%2F', b'*<>|:', b'a\nb']
        for n in names:
            g = h5py.Group(h5py.h5g.create(f.id, n))
            g['x'] = [1, 2]
            space = h5py.h5s.create(h5py.h5s.SCALAR)
            h5py.h5a.create(g.id, n, h5py.h5t.NATIVE_INT32, space).write(np.array(7, 'i4'))
        """#

    @Test(arguments: Access.allCases)
    func names_OfAnyBytes_LeadToTheirObject(access: Access) async throws {
        let file = try await Contract.file(access, h5py: Self.made)
        let names = try await file.subject.keys("/")
        #expect(names.count == 14)
        for name in names {
            let (kinds, attributes, values) = try await file.subject.look(at: name)
            #expect(kinds == [.dataset], "\(name)")
            #expect(attributes == [name], "\(name)")
            #expect(values == [7, 1, 2], "\(name)")
        }
    }

    @Test(arguments: Access.allCases)
    func names_OfAnyBytes_AreMade(access: Access) async throws {
        let file = try await Contract.file(access)
        let names = ["a+b", "a%20b", "100%", "#", "?", "a b", "&x=1;y", "\"\\", "..", "\u{E9}\u{65E5}"].map {
            HDF5Name($0)
        }
        for name in names + [HDF5Name(bytes: [0xFF, 0xFE])] { try await file.subject.make(name) }
        let told = try await file.h5py(
            "print(sorted(k if isinstance(k, bytes) else k.encode('utf8', 'surrogateescape') for k in f))")
        #expect(
            told
                == #"[b'"\\', b'#', b'&x=1;y', b'..', b'100%', b'?', b'a b', b'a%20b', b'a+b', b'\xc3\xa9\xe6\x97\xa5', b'\xff\xfe']"#
        )
        for name in names { #expect(try await file.subject.look(at: name).attributes == [name], "\(name)") }
    }
}

extension Subject {
    /// What is in the group of that name: its members, its attributes, and their values and those of its dataset `x`.
    fileprivate func look(
        at name: HDF5Name
    ) async throws -> (kinds: [ObjectKind], attributes: [HDF5Name], values: [Int]) {
        if let local = self as? LocalSubject {
            return try await local.read { file throws(ServiceError) in
                let group = try file.group(name)
                let value = try group.attributes.get(name, as: Int.self)
                let numbers = try group.dataset("x").read(as: Int.self).elements
                return (try group.values.map(\.kind), try group.attributes.names, [value] + numbers)
            }
        }
        let remote = try #require(self as? RemoteSubject)
        return try await remote.on(.shared) { file in
            let group = try await file.group(name)
            let value = try await group.attributes.get(name, as: Int.self)
            let numbers = try await group.dataset("x").read(as: Int.self).elements
            return (try await group.values.map(\.kind), try await group.attributes.names, [value] + numbers)
        }
    }

    /// Makes a group of that name, with a dataset `x` and an attribute of that name.
    fileprivate func make(_ name: HDF5Name) async throws {
        if let local = self as? LocalSubject {
            return try await local.write { file throws(ServiceError) in
                let group = try file.createGroup(name)
                try group.createDataset("x", [1, 2])
                try group.attributes.set(name, to: 7)
            }
        }
        try await #require(self as? RemoteSubject).on(.exclusive) { file in
            let group = try await file.createGroup(name)
            try await group.createDataset("x", [1, 2])
            try await group.attributes.set(name, to: 7)
        }
    }
}
