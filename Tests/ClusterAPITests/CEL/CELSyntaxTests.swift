import Testing

@testable import ClusterAPI

/// What Kubernetes says of expressions that do not parse. The messages are those of a parser that ANTLR made of CEL's grammar.
@Suite struct CELSyntaxTests {
    private static let start =
        "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"

    private func problems(_ text: String) -> [String] {
        do throws(CEL.Issues) {
            _ = try CEL.Parser.parse(text)
            return []
        } catch {
            return error.found.map { ($0.location, $0.message) }.sorted { $0.0 < $1.0 }
                .map { "\($0.0.line):\($0.0.column + 1): " + $0.1.replacing("Syntax error: ", with: "") }
        }
    }

    @Test(arguments: [
        ("self.a ==", ["1:10: mismatched input '<EOF>' expecting \(start)"]),
        ("object.(", ["1:8: no viable alternative at input '.('"]),
        (
            "*@a | b",
            [
                "1:1: extraneous input '*' expecting \(start)", "1:2: token recognition error at: '@'",
                "1:5: token recognition error at: '| '", "1:7: extraneous input 'b' expecting <EOF>",
            ]
        ),
        ("1 + 2\n3 +", ["2:1: mismatched input '3' expecting <EOF>"]),
        ("a b", ["1:3: extraneous input 'b' expecting <EOF>"]),
        ("[1,", ["1:4: missing ']' at '<EOF>'"]),
        ("a.true", ["1:3: mismatched input 'true' expecting IDENTIFIER"]),
        ("self.a = 1", ["1:8: token recognition error at: '= '", "1:10: extraneous input '1' expecting <EOF>"]),
        ("", ["1:1: mismatched input '<EOF>' expecting \(start)"]),
        ("(1", ["1:3: missing ')' at '<EOF>'"]),
        ("a ? b", ["1:6: mismatched input '<EOF>' expecting ':'"]),
        ("!", ["1:2: extraneous input '<EOF>' expecting \(start)"]),
        ("- ", ["1:3: no viable alternative at input '- '", "1:3: mismatched input '<EOF>' expecting \(start)"]),
        ("x{y: 1", ["1:7: mismatched input '<EOF>' expecting {'}', ','}"]),
        ("[1 2]", ["1:4: extraneous input '2' expecting {']', ','}"]),
        ("1..2", ["1:3: no viable alternative at input '..2'"]),
        ("'abc", ["1:1: token recognition error at: ''abc'", "1:5: mismatched input '<EOF>' expecting \(start)"]),
        ("a && && b", ["1:6: extraneous input '&&' expecting \(start)"]),
        ("a.all(x, )", ["1:10: mismatched input ')' expecting \(start)"]),
        (
            "in",
            ["1:1: mismatched input 'in' expecting \(start)", "1:3: mismatched input '<EOF>' expecting \(start)"]
        ),
        ("a.1", ["1:2: extraneous input '.1' expecting <EOF>"]),
        ("{?a: 1, b}", ["1:10: mismatched input '}' expecting ':'"]),
        ("a.?", ["1:4: mismatched input '<EOF>' expecting {IDENTIFIER, ESC_IDENTIFIER}"]),
        ("a\n  .b(\n c d)", ["3:4: extraneous input 'd' expecting ')'"]),
        ("'é' + ö", ["1:7: token recognition error at: 'ö'", "1:8: mismatched input '<EOF>' expecting \(start)"]),
        ("1 ? 2 : 3 : 4", ["1:11: mismatched input ':' expecting <EOF>"]),
        ("x.y.z{", ["1:7: mismatched input '<EOF>' expecting {'}', ',', '?', IDENTIFIER, ESC_IDENTIFIER}"]),
        ("while", ["1:1: reserved identifier: while"]),
        ("a.`b`", ["1:3: unsupported syntax: '`'"]),
        ("9223372036854775808", ["1:1: invalid int literal"]),
        ("1e999", ["1:1: invalid double literal"]),
        ("'\\U99999999'", ["1:1: unable to unescape string"]),
        ("has(a)", ["1:5: invalid argument to has() macro"]),
        ("x.all(1, true)", ["1:7: argument must be a simple name"]),
        ("x.map(a.b, true)", ["1:8: argument is not an identifier"]),
        ("x.all(i, i, true)", ["1:10: duplicate variable name: i"]),
        ("x.filter(__result__, true)", ["1:10: iteration variable overwrites accumulator variable"]),
    ])
    func `a wrong expression is told of as ANTLR tells`(text: String, expected: [String]) {
        #expect(problems(text) == expected)
    }

    @Test(arguments: [
        "a.b(c, d)[0].e", "[1, 2, ?x].map(i, i + 1)", #"{"a": 1, ?"b": 2,}"#, "x ? y : z ? 1 : 2", "!!(a && b) || --c < 3", "T{f: 1}.g",
        "a.?b[?c].orValue(1)", "-1 - -1 -2.5e-3", ".a.b", "[,]", "{,}", "r'\\' + b\"\\x00\" + '''a'\n'b''' // comment", "0xFFu == 1u",
        "\t1 \u{0C}\r\n+ 1",
    ])
    func `everything in the grammar is taken`(text: String) { #expect(problems(text) == []) }

    @Test func `an issue is shown below its line, a mark as wide as the character there`() throws {
        let issues = try #require(throws: CEL.Issues.self) { try CEL.Parser.parse("1 +\n\t'é' ö") }
        #expect(
            issues.description == """
                ERROR: <input>:2:6: Syntax error: token recognition error at: 'ö'
                 |  'é' ö
                 | ..．..＾
                """)
    }

    @Test(arguments: [
        (String(repeating: "(", count: 300), "expression recursion limit exceeded: 250"),
        (String(repeating: "[", count: 50_000), "expression recursion limit exceeded: 250"),
        (String(repeating: "1+", count: 300) + "1", "max recursion depth exceeded"),
        (String(repeating: "a.", count: 300) + "b", "max recursion depth exceeded"),
        (String(repeating: " ", count: 100_001), "expression code point size exceeds limit: size: 100001, limit 100000"),
    ])
    func `too deep and too large expressions are refused`(text: String, message: String) {
        #expect(problems(text) == ["-1:0: \(message)"])
    }

    @Test func `a long expression of many terms is taken`() {
        #expect(problems(Array(repeating: "a.b == 1", count: 2000).joined(separator: " && ")) == [])
    }

    @Test func `of a thousand mistakes a hundred are told`() throws {
        let issues = try #require(throws: CEL.Issues.self) { try CEL.Parser.parse(String(repeating: "@", count: 1000)) }
        #expect(issues.found.count == 100)
        #expect(issues.description.hasSuffix("\n1 more errors were truncated"))
    }
}
