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

    @Test func `texts that look alike are two when their bytes are, and nothing is the same as nothing else`() {
        let values: [Value] = ["e\u{301}", "\u{e9}", "", 0, false, .null, [], [:], [""], ["": ""], ["e\u{301}": 1], ["\u{e9}": 1], "0"]
        #expect(Set(values).count == values.count)
        #expect(Set(values.map(\.hashValue)).count == values.count)
        for value in values { #expect(values.count { $0 == value } == 1) }
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

    @Test func `a key is found whole, whatever its neighbours hold`() throws {
        let tree = try Tree(parsing: #"{"a":"b","ab":1,"a\"b":2,"":3}"#)
        #expect(tree[#"a":"b"#] == nil)
        #expect(tree["a"]?.string == "b")
        #expect(tree["ab"]?.int == 1)
        #expect(tree[#"a"b"#]?.int == 2)
        #expect(tree[""]?.int == 3)
        #expect(tree["abc"] == nil)
    }

    @Test(arguments: 0..<20)
    func `text of any length reads the same at any place, escapes and all`(length: Int) throws {
        for special in ["", "\"", "\\", "\u{1}", "é", "\u{1F600}"] {
            for place in 0...length {
                var text = String(repeating: "x", count: length)
                text.insert(contentsOf: special, at: text.index(text.startIndex, offsetBy: place))
                let written = Value(["k": text, text: "v"]).jsonText
                #expect(try Value(parsing: written) == Value(["k": text, text: "v"]))
                let tree = try Tree(parsing: written)
                #expect(tree["k"]?.string == text)
                #expect(tree["k"].map { String(decoding: $0.bytes, as: UTF8.self) } == Value(text).jsonText)
                #expect(tree[text]?.string == "v")
            }
        }
    }

    @Test(arguments: ["0", "-0", "7", "-12", "123456789012345678", "1234567890123456789", "-9223372036854775808", "3.0", "3e2"])
    func `whole numbers are read however long`(text: String) throws {
        let tree = try Tree(parsing: "[\(text)]")
        #expect(Array(tree.elements).first?.int == Double(text).flatMap { Int(text) ?? Int(exactly: $0) })
        #expect(Array(tree.elements).first.map { String(decoding: $0.bytes, as: UTF8.self) } == text)
    }

    @Test(arguments: [
        #"{"metadata":{"managedFields":[1,{"a":"}"}],"name":"n"},"spec":{"x":[1,2]}}"#,
        #"{"metadata":{"name":"n","managedFields":[1,{"a":"}"}]},"spec":{"x":[1,2]}}"#,
        #"{"a":[[],{}],"metadata":{"managedFields":[]},"spec":{"managedFields":[3]}}"#,
        #"{"kind":"K","metadata" : { "b" : 1 , "managedFields" : "x" , "name" : "n" } , "z":null}"#,
        #"{"metadata":{"name":"n"}}"#, #"{"metadata":[1]}"#, "[]",
    ])
    func `a tree without one field is the document that lacks it`(text: String) throws {
        let tree = try Tree(parsing: text)
        var expected = tree.value
        if tree["metadata"]?.isObject == true { expected[path: "metadata", "managedFields"] = nil }
        let cut = tree.removing("managedFields", from: "metadata")
        #expect(cut.value == expected)
        let read = try Tree(parsing: Array(cut.bytes))
        #expect(read.value == expected)
        #expect(cut["spec"].map { Array($0.bytes) } == read["spec"].map { Array($0.bytes) })
        #expect(cut["metadata"]?.count == read["metadata"]?.count)
        #expect(cut.fields.map(\.key) == read.fields.map(\.key))
    }

    @Test func `fields of any order are sorted by bytes, of equal names the last`() {
        let entries = [Fields.Entry("b", 1), Fields.Entry("é", 2), Fields.Entry("B", 3), Fields.Entry("b", 4), Fields.Entry("", 5)]
        let fields = Fields(entries)
        #expect(fields.map(\.key) == ["", "B", "b", "é"])
        #expect(fields["b"] == 4)
        #expect(Fields(entries.map { ($0.key, $0.value) }) == fields)
        #expect(Fields(fields.entries) == fields)
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
