import H5Model
import Testing

@Suite struct ReferenceTests {
    @Test(
        arguments: [
            (.null, ""), (Reference(.object(ObjectPath("/a/b"))), "/a/b"), (Reference(.object(.root)), "/"),
            (Reference(.unnamed(address: 800)), "#800"),
            (Reference(.object(ObjectPath("/d")), region: "0:2;4:6"), "/d\0" + "0:2;4:6"),
            (Reference(.unnamed(address: 0), region: ""), "#0\0"),
        ] as [(Reference, String)])
    func wire_IsThePathAndTheSelection(reference: Reference, text: String) {
        #expect(reference.wire == Array(text.utf8))
        #expect(Reference(wire: Array(text.utf8)) == reference)
    }

    @Test(arguments: ["a", "#", "#x", "#-1", "\0" + "0:1"])
    func init_OfOtherBytes_IsNil(text: String) {
        #expect(Reference(wire: Array(text.utf8)) == nil)
    }
}
