import ClusterAPI
import ClusterObjects
import Testing

@Suite struct SchemaDefaultsTests {
    private func filled(_ text: String, _ group: String, _ version: String, _ kind: String) throws -> Value {
        let schema = try #require(BuiltInSchemas.schema(of: GroupVersionKind(group, version, kind)))
        var value = try ObjectDecoder.decode(try Tree(parsing: text), schema: schema, kind: kind, version: version).value
        SchemaDefaults.fill(&value, schema)
        return value
    }

    @Test func `structs that are no pointers are there even when empty`() throws {
        let body = #"{"metadata":{"name":"x"},"spec":{"template":{"spec":{"containers":[{"name":"c"}]}}}}"#
        let deployment = try filled(body, "apps", "v1", "Deployment")
        #expect(deployment["status"] == .emptyObject)
        #expect(deployment[path: "spec", "strategy"] == .emptyObject)
        #expect(deployment[path: "spec", "template", "metadata"] == .emptyObject)
        #expect(deployment[path: "spec", "template", "spec", "containers"] == [["name": "c", "resources": [:]]])
    }

    @Test func `required strings and numbers are written as their zero value`() throws {
        let claim = try filled(#"{"spec":{"volumeAttributes":{}}}"#, "", "v1", "Event")
        #expect(claim["reportingComponent"] == "")
        let status = try filled(#"{"status":{}}"#, "apps", "v1", "DaemonSet")
        #expect(status[path: "status", "numberReady"] == 0)
    }

    @Test func `a time that is no pointer and a list that is always written are null when absent`() throws {
        let deployment = try filled(#"{"status":{"conditions":[{"type":"A","status":"True"}]}}"#, "apps", "v1", "Deployment")
        #expect(deployment[path: "status", "conditions"]?.array?.first?["lastTransitionTime"] == .null)
        #expect(try filled("{}", "rbac.authorization.k8s.io", "v1", "Role")["rules"] == .null)
        #expect(try filled("{}", "apps", "v1", "Deployment")[path: "metadata", "creationTimestamp"] == nil)
    }

    @Test func `what has been filled before is as if it were filled anew, whatever was changed since`() throws {
        let schema = try #require(BuiltInSchemas.schema(of: GroupVersionKind("", "v1", "Pod")))
        let spec = #"{"containers":[{"name":"c","ports":[{"containerPort":80}]}]}"#
        let body = #"{"metadata":{"name":"x"},"spec":\#(spec),"status":{"phase":"Failed"}}"#
        let before = try filled(body, "", "v1", "Pod")
        let changes: [(inout Value) -> Void] = [
            { _ in }, { $0["status"] = nil }, { $0["status"] = .emptyObject }, { $0["spec"] = nil }, { $0["metadata"] = nil },
            { $0[path: "spec", "containers"] = [["name": "other"], ["name": "more", "ports": [["containerPort": 1]]]] },
            { $0[path: "status", "containerStatuses"] = [["name": "c"]] },
            { $0[path: "spec", "initContainers"] = [["name": "first"]] },
        ]
        for (number, change) in changes.enumerated() {
            var (once, anew) = (before, before)
            change(&once)
            change(&anew)
            SchemaDefaults.fill(&once, schema, since: before)
            SchemaDefaults.fill(&anew, schema)
            #expect(once == anew, "change \(number)")
        }
    }

    @Test(arguments: [
        (#"{"spec":{"hostNetwork":false,"priority":0}}"#, #"{"priority":0}"#),
        (#"{"spec":{"automountServiceAccountToken":false,"hostPID":true}}"#, #"{"automountServiceAccountToken":false,"hostPID":true}"#),
    ])
    func `zero and false of what is no pointer are left out`(body: String, expected: String) throws {
        let schema = try #require(BuiltInSchemas.schema(of: GroupVersionKind("", "v1", "Pod")))
        let decoded = try ObjectDecoder.decode(try Tree(parsing: body), schema: schema, kind: "Pod", version: "v1")
        #expect(decoded.value["spec"]?.jsonText == expected)
    }

    @Test func `defaults of a custom resource fill absent fields and nulls that may not be, at any depth`() {
        let schema = CustomSchema.schema(of: [
            "type": "object",
            "properties": [
                "spec": [
                    "type": "object",
                    "properties": [
                        "a": ["type": "string", "default": "d"],
                        "o": ["type": "object", "default": [:], "properties": ["deep": ["type": "integer", "default": 5]]],
                        "n": ["type": "string", "nullable": true, "default": "x"],
                        "l": [
                            "type": "array",
                            "items": ["type": "object", "properties": ["on": ["type": "boolean", "default": true]]],
                        ],
                    ],
                ]
            ],
        ])
        var value: Value = ["spec": ["a": .null, "n": .null, "l": [[:], ["on": false]]]]
        SchemaDefaults.fill(&value, schema)
        #expect(value["spec"] == ["a": "d", "n": .null, "o": ["deep": 5], "l": [["on": true], ["on": false]]])
        var empty: Value = [:]
        SchemaDefaults.fill(&empty, schema)
        #expect(empty == [:])
    }
}
