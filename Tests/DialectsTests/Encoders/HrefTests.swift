import H5Model
import HTTPMessage
import LeakCheck
import Testing

@testable import Dialects

@Suite(.leavesNothingOpen) struct HrefTests {
    private func text(_ file: String, _ path: ObjectPath) -> String {
        String(decoding: Href(file: Array(file.utf8), path: path).target(.datasets), as: UTF8.self)
    }

    @Test(
        arguments: [
            ("run7/scan.h5", .root, "/v1/datasets/run7/scan.h5"), ("a.h5", .root, "/v1/datasets/a.h5"),
            ("a b.h5", ObjectPath("/x/y%z"), "/v1/datasets/a%20b.h5/x/y%25z"),
            ("a.h5", ObjectPath(bytes: [0x2F, 0xFF]), "/v1/datasets/a.h5/%FF"),
            ("d/a.h5", ObjectPath("/x/../y"), "/v1/datasets?file=d%2Fa.h5&path=%2Fx%2F..%2Fy"),
            ("a.h5", ObjectPath("/."), "/v1/datasets?file=a.h5&path=%2F."),
        ] as [(String, ObjectPath, String)])
    func href_OfAnObject_SurvivesClientsThatFoldNames(file: String, path: ObjectPath, expected: String) {
        #expect(text(file, path) == expected)
    }

    @Test(arguments: [("x y", "/v1/links/a.h5/g/x%20y"), ("..", "/v1/links?file=a.h5&path=%2Fg%2F..")])
    func href_OfAnObjectBelow_IsThatOfItsPath(name: String, expected: String) {
        let href = Href(file: Array("a.h5".utf8), path: ObjectPath("/g"))
        #expect(String(decoding: href.target(.links, of: [HDF5Name(name)]), as: UTF8.self) == expected)
    }

    @Test func href_WithAParameter_AppendsIt() {
        let target = Href.appending("limit", Array("5".utf8), to: Href.appending("after", [0x26], to: Array("/a".utf8)))
        #expect(String(decoding: target, as: UTF8.self) == "/a?after=%26&limit=5")
    }

    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
    ])
    func base64_OfEveryRemainder_IsRFC4648s(text: String, expected: String) {
        #expect(Base64.encode(text.utf8) == Array(expected.utf8))
    }
}
