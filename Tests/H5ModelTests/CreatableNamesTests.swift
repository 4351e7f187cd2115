import H5Model
import Testing

@Suite struct CreatableNamesTests {
    @Test(arguments: ["", ".", "a/b", "a\0b"])
    func checkLink_RefusesWhatIsNoName(name: String) {
        #expect(throws: ServiceError.self) { try ObjectPath(names: ["a", HDF5Name(name), "b"]).checkNewLink() }
    }

    @Test(arguments: ["..", "...", " ", "\u{e9}", "a.b"])
    func checkLink_TakesEverythingElse(name: String) throws {
        try HDF5Name(name).checkLink()
        try HDF5Name(bytes: [0xff]).checkLink()
    }

    @Test func checkAttribute_TakesSlashesAndDots() throws {
        try HDF5Name("a/b").checkAttribute()
        try HDF5Name(".").checkAttribute()
        #expect(throws: ServiceError(.invalid, "an attribute's name cannot be empty")) {
            try HDF5Name("").checkAttribute()
        }
    }

    @Test(arguments: [
        LinkTarget.soft([]), .soft([1, 0]), .external(file: [], target: [1]), .external(file: [1], target: []),
    ])
    func check_RefusesATargetThatNoLinkHolds(target: LinkTarget) {
        #expect(throws: ServiceError.self) { try target.check() }
    }
}
