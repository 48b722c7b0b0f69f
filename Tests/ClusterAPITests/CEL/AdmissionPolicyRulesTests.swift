import ClusterObjects
import Testing

@testable import ClusterAPI

@Suite struct AdmissionPolicyRulesTests {
    private func problems(_ spec: String) throws -> [String] {
        var policy: Value = [
            "kind": "ValidatingAdmissionPolicy", "metadata": ["name": "p"],
            "spec": [
                "failurePolicy": "Fail", "validations": [["expression": "true"]],
                "matchConstraints": [
                    "resourceRules": [["apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]]]
                ],
            ],
        ]
        for (key, value) in try Value(parsing: spec).object ?? Fields() { policy[path: "spec", key] = value }
        return AdmissionPolicyRules.policy(policy).map(\.message)
    }

    @Test(arguments: [
        (
            #"{"validations":[{"expression":"1 + 1"}]}"#,
            [#"spec.validations[0].expression: Invalid value: "1 + 1": must evaluate to bool but got int"#]
        ),
        (
            #"{"validations":[{"expression":"request.nope"}]}"#,
            [
                "spec.validations[0].expression: Invalid value: \"request.nope\": compilation failed: ERROR: <input>:1:8: undefined field 'nope'\n | request.nope\n | .......^"
            ]
        ),
        (
            #"{"validations":[{"expression":"params.a == 1"}]}"#,
            [
                "spec.validations[0].expression: Invalid value: \"params.a == 1\": compilation failed: ERROR: <input>:1:1: undeclared reference to 'params' (in container '')\n | params.a == 1\n | ^"
            ]
        ),
        (#"{"paramKind":{"apiVersion":"v1","kind":"ConfigMap"},"validations":[{"expression":"params.a == 1"}]}"#, []),
        (
            #"{"variables":[{"name":"a","expression":"object.spec.replicas"},{"name":"b","expression":"variables.a + 1"},{"name":"c","expression":"['x']"}],"validations":[{"expression":"variables.b > 2 && 'x' in variables.c"}]}"#,
            []
        ),
        (
            #"{"variables":[{"name":"b","expression":"variables.a"},{"name":"in","expression":"1"},{"name":"","expression":" "}]}"#,
            [
                "spec.variables[0].expression: Invalid value: \"variables.a\": compilation failed: ERROR: <input>:1:10: undefined field 'a'\n | variables.a\n | .........^",
                #"spec.variables[1].name: Invalid value: "in": name is not a valid CEL identifier"#,
                "spec.variables[2].name: Required value: name is not specified",
                "spec.variables[2].expression: Required value: expression is not specified",
            ]
        ),
        (
            #"{"validations":[{"expression":"true","messageExpression":"1","reason":"Nope","message":" "}]}"#,
            [
                #"spec.validations[0].messageExpression: Invalid value: "1": must evaluate to string but got int"#,
                #"spec.validations[0].message: Invalid value: " ": message must be non-empty if specified"#,
                #"spec.validations[0].reason: Unsupported value: "Nope": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized""#,
            ]
        ),
        (
            #"{"validations":[{"expression":"authorizer.requestResource.check('get').allowed()","messageExpression":"string(namespaceObject.metadata.name)"}]}"#,
            []
        ),
        (
            #"{"auditAnnotations":[{"key":"a","valueExpression":"1"},{"key":"a","valueExpression":"'x'"},{"key":"b","valueExpression":" "}]}"#,
            [
                #"spec.auditAnnotations[0].valueExpression: Invalid value: "1": must evaluate to one of [string null_type]"#,
                #"spec.auditAnnotations[1].key: Duplicate value: "a""#,
                "spec.auditAnnotations[2].valueExpression: Required value: valueExpression is not specified",
            ]
        ),
        (
            #"{"matchConditions":[{"name":"a","expression":"object.x == 1"},{"name":"a","expression":"'x'"},{"name":"","expression":""}]}"#,
            [
                #"spec.matchConditions[1].expression: Invalid value: "'x'": must evaluate to bool but got string"#,
                #"spec.matchConditions[1].name: Duplicate value: "a""#, "spec.matchConditions[2].expression: Required value",
                "spec.matchConditions[2].name: Required value",
            ]
        ),
        (
            #"{"paramKind":{"apiVersion":"a/b/c","kind":""}}"#,
            [
                #"spec.paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c"#,
                "spec.paramKind.kind: Required value",
            ]
        ),
    ])
    func `a policy that makes no sense is refused`(spec: String, expected: [String]) throws { #expect(try problems(spec) == expected) }
}
