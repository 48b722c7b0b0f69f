import ClusterObjects
import Testing

@testable import ClusterAPI

/// What a CustomResourceDefinition's CEL rules must be when it is made.
@Suite struct CustomRuleTests {
    private func problems(_ schema: String) throws -> [String] {
        StructuralSchema.problems(in: try Value(parsing: schema), at: FieldPath("schema")).map(\.message)
    }

    private func rule(_ rule: String, _ type: String = #""type":"object","properties":{"a":{"type":"string"}}"#) throws -> [String] {
        try problems("{\(type),\"x-kubernetes-validations\":[\(rule)]}")
    }

    private func shown(_ text: String) -> String {
        #"{"Rule":\#(text),"Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}"#
    }

    @Test func `a rule that does not compile is shown with what the compiler says`() throws {
        #expect(
            try rule(#"{"rule":"self.nope < 1"}"#) == [
                "schema.x-kubernetes-validations[0].rule: Invalid value: \(shown(#""self.nope \u003c 1""#)): compilation failed: "
                    + "ERROR: <input>:1:5: undefined field 'nope'\n | self.nope < 1\n | ....^"
            ])
        #expect(
            try rule(#"{"rule":"1"}"#) == [
                "schema.x-kubernetes-validations[0].rule: Invalid value: \(shown(#""1""#)): cel expression must evaluate to a bool"
            ])
    }

    @Test(arguments: [
        (#"{"rule":" "}"#, "rule: Required value: rule is not specified"),
        (#"{"rule":"true","message":" "}"#, #"message: Invalid value: " ": message must be non-empty if specified"#),
        (#"{"rule":"true","message":"a\nb"}"#, #"message: Invalid value: "a\nb": message must not contain line breaks"#),
        (#"{"rule":"true ||\ntrue"}"#, "message: Required value: message must be specified if rule contains line breaks"),
        (
            #"{"rule":"true","messageExpression":" "}"#,
            "messageExpression: Required value: messageExpression must be non-empty if specified"
        ),
        (
            #"{"rule":"true","reason":"Nope"}"#,
            #"reason: Unsupported value: "Nope": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired""#
        ),
        (#"{"rule":"true","fieldPath":".b"}"#, #"fieldPath: Invalid value: ".b": fieldPath must be a valid path"#),
        (#"{"rule":"true","fieldPath":"a"}"#, #"fieldPath: Invalid value: "a": fieldPath must be a valid path"#),
        (#"{"rule":"true","optionalOldSelf":true}"#, "optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule"),
    ])
    func `what is said beside a rule must make sense`(text: String, problem: String) throws {
        #expect(try rule(text) == ["schema.x-kubernetes-validations[0].\(problem)"])
    }

    @Test func `a message is an expression that makes a string`() throws {
        let found = try rule(#"{"rule":"true","messageExpression":"1"},{"rule":"true","messageExpression":"self.b"}"#)
        #expect(found.count == 2)
        #expect(found[0].hasSuffix(": messageExpression must evaluate to a string"))
        #expect(
            found[1].hasSuffix(
                ": messageExpression compilation failed: ERROR: <input>:1:5: undefined field 'b'\n | self.b\n | ....^"))
    }

    @Test(arguments: [
        (
            #""type":"object","properties":{"my-a":{"type":"string"},"namespace":{"type":"integer"}}"#,
            "self.my__dash__a == '' && self.__namespace__ > 1"
        ),
        (#""type":"object","additionalProperties":{"type":"integer"}"#, "self.all(k, self[k] > 1)"),
        (#""type":"object""#, "self.metadata.name.startsWith('a') && self.kind == 'A'"),
        (#""type":"object","properties":{"t":{"type":"string","format":"date-time"}}"#, "self.t < timestamp('2020-01-01T00:00:00Z')"),
        (#""type":"object","properties":{"t":{"type":"string","format":"duration"}}"#, "self.t > duration('1h')"),
        (#""type":"object","properties":{"p":{"x-kubernetes-int-or-string":true}}"#, "type(self.p) == string || self.p > 3"),
        (
            #""type":"object","properties":{"l":{"type":"array","items":{"type":"object","properties":{"n":{"type":"number"}}}}}"#,
            "self.l.all(x, x.n > 1)"
        ),
        (
            #""type":"object","properties":{"e":{"type":"object","x-kubernetes-embedded-resource":true,"x-kubernetes-preserve-unknown-fields":true}}"#,
            "self.e.kind == 'A' && self.e.metadata.name == ''"
        ),
        (#""type":"object","properties":{"a":{"type":"string"}}"#, "self.a == oldSelf.a"),
    ])
    func `rules see their schema's values by its types`(schema: String, text: String) throws {
        let quoted = Value.string(text).jsonText
        #expect(try rule("{\"rule\":\(quoted)}", schema) == [])
    }

    @Test func `fields whose values rules cannot see are none`() throws {
        let found = try rule(
            #"{"rule":"has(self.u)"}"#, #""type":"object","properties":{"u":{"x-kubernetes-preserve-unknown-fields":true}}"#)
        #expect(found.count == 1)
        #expect(found.allSatisfy { $0.contains("undefined field 'u'") })
    }

    @Test func `oldSelf is not to be had where elements have no identity`() throws {
        let list =
            #"{"type":"array","items":{"type":"object","properties":{"k":{"type":"string"}},"x-kubernetes-validations":[{"rule":"self.k == oldSelf.k"}]}"#
        #expect(
            try problems(#"{"type":"object","properties":{"l":\#(list)}}}"#) == [
                "schema.properties[l].items.x-kubernetes-validations[0].rule: Invalid value: \"self.k == oldSelf.k\": oldSelf cannot be used "
                    + "on the uncorrelatable portion of the schema within schema.properties[l]"
            ])
        let map = list.dropLast() + #","required":["k"]},"x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["k"]}"#
        #expect(try problems(#"{"type":"object","properties":{"l":\#(map)}}"#) == [])
    }

    @Test func `with optionalOldSelf the older self may be absent`() throws {
        #expect(try rule(#"{"rule":"oldSelf.hasValue() || self.a == ''","optionalOldSelf":true}"#) == [])
        #expect(try rule(#"{"rule":"oldSelf.hasValue()"}"#).count == 1)
    }

    @Test(arguments: [
        (".a", "a"), (".m['x.y']", "m[x.y]"), (".m.z", "m[z]"), ("['a']", "a"), (#".m['it\'s']"#, "m[it's]"), (".l", "l"), ("", ""),
        (".b", nil),
        ("a", nil), (".", nil), (".m[x]", nil), (".l[0]", nil), (".m['x'", nil), (".a.b", nil),
    ])
    func `a field path leads to a field of the schema`(text: String, path: String?) throws {
        let schema = try Value(
            parsing:
                #"{"properties":{"a":{"type":"string"},"m":{"additionalProperties":{"type":"string"}},"l":{"items":{"type":"string"}}}}"#)
        #expect(RulePath.path(text, in: schema)?.description == path)
    }
}
