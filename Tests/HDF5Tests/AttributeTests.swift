import H5Model
import HDF5
import LeakCheck
import Testing

@Suite(.leavesNothingOpen) struct AttributeTests {
    private func names(_ path: ObjectPath, _ bound: String) throws -> [HDF5Name] {
        try Fixtures.open("attributes-\(bound).h5") { try $0.object(at: path).attributes(limit: .max).map(\.info.name) }
    }

    @Test(arguments: Fixtures.bounds)
    func attributes_AreInTheOrderOfNames(bound: String) throws {
        let found = try names("/many", bound)
        #expect(found == (0..<40).map { HDF5Name("a\($0 < 10 ? "0" : "")\($0)") })
    }

    @Test(arguments: Fixtures.bounds)
    func attributes_AreInTheOrderOfCreation_WhereThatIsTracked(bound: String) throws {
        #expect(try names("/tracked", bound) == ["z", "a", "m"])
    }

    @Test func attribute_ThatIsMissing_IsNamed() throws {
        let error = try Fixtures.open("attributes-v110.h5") { file in
            try failure { try file.object(at: "/kinds").attribute("x", limit: .max) }
        }
        #expect(error == HDF5Error(.missing, "/kinds has no attribute \"x\""))
    }

    @Test func attribute_AboveTheLimit_IsTooLarge() throws {
        let error = try Fixtures.open("attributes-v110.h5") { file in
            try failure { try file.object(at: "/kinds").attribute("large", limit: 55_999) }
        }
        #expect(error.cause == .tooLarge)
        #expect(error.message.contains("the attribute \"large\" of /kinds takes 56000 bytes"))
    }

    @Test func attribute_WithANullDataspace_HasNoValue() throws {
        let attribute = try Fixtures.open("attributes-v110.h5") {
            try $0.object(at: "/kinds").attribute("empty", limit: .max)
        }
        #expect(attribute.value == nil)
    }

    @Test func attribute_ThatIsAReference_TravelsAsAPath() throws {
        let attribute = try Fixtures.open("attributes-v110.h5") {
            try $0.object(at: "/kinds").attribute("reference", limit: .max)
        }
        #expect(attribute.value?.bytes == [1, 0, 0, 0] + Array("/".utf8))
    }
}
