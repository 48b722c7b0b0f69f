import Testing

@testable import ClusterObjects

@Suite struct JSONTests {
    @Test(arguments: [
        #"{"a":1,"b":[true,false,null],"c":{"d":"e"}}"#, "[]", "{}", "3", "-0.5", #""""#, #"{"a":"\u0001\"\\"}"#,
        "[1e-7,1e+21,123456789012345680]",
        "{\"e\u{301}\":2,\"\u{e9}\":1}",
    ])
    func `canonical text round-trips`(text: String) throws {
        #expect(try Value(parsing: text).jsonText == text)
    }

    @Test(arguments: [
        ("", "unexpected end of JSON input"), ("{", "unexpected end of JSON input"),
        ("{]", "invalid character ']' looking for beginning of object key string"),
        ("[1 2]", "invalid character '2' after array element"), ("nul", "unexpected end of JSON input"),
        ("nix", "invalid character 'i' in literal null (expecting 'u')"), ("1 2", "invalid character '2' after top-level value"),
        (#""\q""#, "invalid character 'q' in string escape code"), ("{\"a\" 1}", "invalid character '1' after object key"),
        ("\"\n\"", "invalid character '\\n' in string literal"), ("x", "invalid character 'x' looking for beginning of value"),
    ])
    func `bad text is told as Go tells it`(text: String, message: String) {
        let error = #expect(throws: JSONError.self) { try Value(parsing: text) }
        #expect(error?.message == message)
    }

    @Test func `depth is bounded`() {
        let text = String(repeating: "[", count: 100_000)
        #expect(throws: JSONError.self) { try Value(parsing: text) }
    }

    @Test func `the last of repeated keys wins`() throws {
        #expect(try Value(parsing: #"{"b":1,"a":2,"b":3}"#) == ["a": 2, "b": 3])
        #expect(try Tree(parsing: #"{"b":1,"a":2,"b":3}"#)["b"]?.int == 3)
    }

    @Test func `a tree walks without copying out`() throws {
        let tree = try Tree(parsing: #"{"x":{"list":["a","\u00e9\ud83d\ude00"],"n":3.0},"y":null}"#)
        #expect(tree[path: "x", "list"]?.strings == ["a", "é😀"])
        #expect(tree[path: "x", "n"]?.int == 3)
        #expect(tree["y"]?.isNull == true)
        #expect(tree["z"] == nil)
        #expect(tree["x"].map { String(decoding: $0.bytes, as: UTF8.self) } == #"{"list":["a","\u00e9\ud83d\ude00"],"n":3.0}"#)
        #expect(tree.fields.map(\.key) == ["x", "y"])
    }

    @Test func `paths edit a draft in place`() {
        var value: Value = [:]
        value[path: "spec", "replicas"] = 3
        value["metadata", default: [:]]["name"] = "web"
        value[path: "spec", "gone", "deep"] = nil
        #expect(value == ["metadata": ["name": "web"], "spec": ["replicas": 3]])
        value[path: "spec", "replicas"] = nil
        #expect(value["spec"] == [:])
    }
}
