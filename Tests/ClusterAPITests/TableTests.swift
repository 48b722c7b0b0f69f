import ClusterAPI
import ClusterObjects
import Testing

@Suite struct TableTests {
    private static let now = Timestamp("2026-01-02T00:00:00Z") ?? Timestamp(seconds: 0)

    private func cells(_ gvr: GroupVersionResource, _ object: Value) throws -> Value {
        let resource = try #require(Registry.builtIn().resource(gvr))
        return try cells(resource, object)
    }

    private func cells(_ resource: Resource, _ object: Value) throws -> Value {
        let table = try Value(parsing: TableRenderer(resource, now: TableTests.now).table(object.tree))
        #expect(table["columnDefinitions"]?.array?.count == table["rows"]?.array?.first?["cells"]?.array?.count)
        return try #require(table["rows"]?.array?.first?["cells"])
    }

    private func pod(_ statuses: Value, phase: String = "Running", initial: Value = []) -> Value {
        [
            "metadata": ["name": "p", "creationTimestamp": "2026-01-01T23:00:00Z"],
            "spec": ["containers": [["name": "a"], ["name": "b"]], "initContainers": [["name": "i"]]],
            "status": ["phase": .string(phase), "containerStatuses": statuses, "initContainerStatuses": initial],
        ]
    }

    @Test(arguments: [
        (#"{"running":{}}"#, "1/2", "Running"),
        (#"{"waiting":{"reason":"CrashLoopBackOff"}}"#, "0/2", "CrashLoopBackOff"),
        (#"{"terminated":{"exitCode":3}}"#, "0/2", "ExitCode:3"),
        (#"{"terminated":{"exitCode":137,"signal":9}}"#, "0/2", "Signal:9"),
    ])
    func `a pod's status is what its containers' states come to`(text: String, ready: String, status: String) throws {
        let state = try Value(parsing: text)
        let isRunning = state["running"] != nil
        let row = try cells(
            GroupVersionResource("", "v1", "pods"), pod([["name": "a", "ready": .bool(isRunning), "state": state]]))
        #expect(row.array?.prefix(3) == ["p", .string(ready), .string(status)])
    }

    @Test func `a pod whose init container has failed says so`() throws {
        let failed: Value = [["name": "i", "state": ["terminated": ["exitCode": 1, "reason": "Error"]]]]
        let row = try cells(GroupVersionResource("", "v1", "pods"), pod([], phase: "Pending", initial: failed))
        #expect(row.array?[2] == "Init:Error")
    }

    @Test func `restarts tell when the last was`() throws {
        let status: Value = [
            "name": "a", "restartCount": 2, "ready": true, "state": ["running": [:]],
            "lastState": ["terminated": ["finishedAt": "2026-01-01T23:55:00Z"]],
        ]
        let row = try cells(GroupVersionResource("", "v1", "pods"), pod([status]))
        #expect(row.array?[3] == "2 (5m ago)")
        #expect(row.array?[4] == "60m")
    }

    @Test func `every built-in kind with columns has a cell for each`() throws {
        for resource in Resource.builtIn where resource.plural != "componentstatuses" {
            _ = try cells(resource, ["metadata": ["name": "x"]])
        }
    }

    @Test(arguments: [
        (".spec.list[0].name", "f" as String?), (#".status.conditions[?(@.type=="Ready")].status"#, "True"), (".spec.map", #"{"k":"v"}"#),
        (".spec.list[-1].name", "g"), (".spec.none", nil), (#".metadata.annotations['a\.b']"#, nil), (".spec['size']", "3"),
    ])
    func `a custom column shows what its path finds`(path: String, expected: String?) throws {
        let resource = Resource(
            group: "example.com", version: "v1", kind: "Widget", plural: "widgets", singular: "widget", isNamespaced: true, verbs: [],
            schema: .any, columns: [TableColumn(name: "C", type: "string", jsonPath: path)], isCustom: true)
        let object: Value = [
            "metadata": ["name": "w"], "spec": ["list": [["name": "f"], ["name": "g"]], "map": ["k": "v"], "size": 3],
            "status": ["conditions": [["type": "A", "status": "False"], ["type": "Ready", "status": "True"]]],
        ]
        #expect(try cells(resource, object) == [expected.map(Value.string) ?? .null])
    }

    @Test func `what includeObject asks for is in each row`() throws {
        let resource = try #require(Registry.builtIn().resource(GroupVersionResource("", "v1", "configmaps")))
        let object: Value = ["kind": "ConfigMap", "metadata": ["name": "x"], "data": ["a": "1"]]
        func included(_ text: String) throws -> Value? {
            let renderer = TableRenderer(resource, including: try TableRenderer.included(text), now: TableTests.now)
            return try Value(parsing: renderer.table(object.tree))["rows"]?.array?.first?["object"]
        }
        #expect(try included("None") == .null)
        #expect(try included("Object") == object)
        #expect(try included("")?["kind"] == "PartialObjectMetadata")
        #expect(throws: APIError.self) { try included("Bogus") }
    }
}
