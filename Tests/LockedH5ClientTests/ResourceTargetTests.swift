import H5Model
import Testing

@testable import LockedH5Client

struct ResourceTargetTests {
    @Test(arguments: [
        ("run.h5", "/a/b", "/run.h5/a/b"), ("/d//run.h5/", "a/", "/d/run.h5/a"), ("run.h5", "/", "/run.h5"),
        ("a+b.h5", "/x y", "/a%2Bb.h5/x%20y"), ("f", "/100%25?#&=", "/f/100%2525%3F%23%26%3D"),
        ("f", "/gr\u{FC}\u{DF}", "/f/gr%C3%BC%C3%9F"), ("f", "/new\nline", "/f/new%0Aline"), ("f", "/...", "/f/..."),
        ("f", "/a/../b", "?file=f&path=%2Fa%2F..%2Fb"), ("d/f", "/.", "?file=d%2Ff&path=%2F."),
        ("../f", "/a", "?file=..%2Ff&path=%2Fa"),
    ])
    func init_EncodesNames(file: String, object: String, end: String) {
        let target = ResourceTarget("values", file: ServedPath(file), object: ObjectPath(object))
        #expect(target.text == "/v1/values" + end)
    }

    @Test func init_PutsWhatIsNotUTF8IntoTheQuery() {
        let object = ObjectPath(bytes: [0x2F, 0xE9])
        #expect(ResourceTarget("links", file: "f", object: object).text == "/v1/links?file=f&path=%2F%E9")
    }

    @Test(arguments: [("", "/v1/files/"), ("a/b", "/v1/files/a/b/"), ("..", "/v1/files?file=..%2F")])
    func directory_EndsWithASlash(path: String, text: String) {
        #expect(ResourceTarget(directory: ServedPath(path)).text == text)
    }

    @Test func add_Encodes() {
        var target = ResourceTarget("values", file: "f", object: "/..")
        target.add("select", "0:10,::2")
        target.add("field", bytes: [0x61, 0x2B, 0xFF])
        target.add("depth", nil)
        #expect(target.text == "/v1/values?file=f&path=%2F..&select=0%3A10%2C%3A%3A2&field=a%2B%FF")
    }
}
