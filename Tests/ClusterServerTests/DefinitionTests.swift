import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterServer
import Testing

@Suite struct DefinitionTests {
    private static let definitions = GroupVersionResource("apiextensions.k8s.io", "v1", "customresourcedefinitions")
    private static let widgets = GroupVersionResource("example.com", "v1", "widgets")

    private func definition(_ plural: String = "widgets", kind: String = "Widget") -> Value {
        [
            "metadata": ["name": .string("\(plural).example.com")],
            "spec": [
                "group": "example.com", "scope": "Namespaced", "names": ["plural": .string(plural), "kind": .string(kind)],
                "versions": [
                    [
                        "name": "v1", "served": true, "storage": true,
                        "schema": [
                            "openAPIV3Schema": [
                                "type": "object",
                                "properties": [
                                    "spec": [
                                        "type": "object",
                                        "properties": [
                                            "size": ["type": "integer", "minimum": 1], "color": ["type": "string", "default": "red"],
                                        ],
                                    ]
                                ],
                            ]
                        ],
                    ]
                ],
            ],
        ]
    }

    private func widget(_ name: String, _ spec: Value) -> Value { ["metadata": ["name": .string(name)], "spec": spec] }

    @Test func `what is defined is served at once, defaulted, pruned and checked`() async throws {
        let test = try await TestServer()
        _ = try await test.client.create(DefinitionTests.definitions, namespace: nil, definition())
        let made = try await test.client.create(
            DefinitionTests.widgets, namespace: "default", widget("a", ["size": 2, "unknown": true]))
        #expect(made.draft["spec"] == ["size": 2, "color": "red"])
        #expect(made.draft[path: "metadata", "generation"] == 1)
        let error = await refusal {
            _ = try await test.client.create(DefinitionTests.widgets, namespace: "default", widget("b", ["size": 0]))
        }
        #expect(error?.message.contains("spec.size in body should be greater than or equal to 1") == true)
    }

    @Test func `objects go with their definition, and the definition after the last of them`() async throws {
        let test = try await TestServer()
        _ = try await test.client.create(DefinitionTests.definitions, namespace: nil, definition())
        var held = widget("held", ["size": 1])
        held[path: "metadata", "finalizers"] = ["example.com/hold"]
        _ = try await test.client.create(DefinitionTests.widgets, namespace: "default", held)
        _ = try await test.client.create(DefinitionTests.widgets, namespace: "default", widget("free", ["size": 1]))
        _ = try await test.client.delete(DefinitionTests.definitions, namespace: nil, name: "widgets.example.com")
        let left = try await test.client.list(DefinitionTests.widgets, namespace: nil, options: ListOptions())
        #expect(left.items.map(\.name) == ["held"])
        _ = try await test.client.patch(
            DefinitionTests.widgets, namespace: "default", name: "held", patch: Patch(.merge, ["metadata": ["finalizers": .null]]))
        let error = await refusal {
            _ = try await test.client.get(DefinitionTests.definitions, namespace: nil, name: "widgets.example.com")
        }
        #expect(error?.isNotFound == true)
        let gone = await refusal { _ = try await test.client.list(DefinitionTests.widgets, namespace: nil, options: ListOptions()) }
        #expect(gone?.isNotFound == true)
    }

    @Test func `a name in use is refused until it is free`() async throws {
        let test = try await TestServer()
        _ = try await test.client.create(DefinitionTests.definitions, namespace: nil, definition())
        _ = try await test.client.create(DefinitionTests.definitions, namespace: nil, definition("gadgets", kind: "Widget"))
        func established() async throws -> Value? {
            let read = try await test.client.get(DefinitionTests.definitions, namespace: nil, name: "gadgets.example.com")
            return read.draft[path: "status", "conditions"]?.array?.first { $0["type"] == "Established" }?["status"]
        }
        #expect(try await established() == "False")
        _ = try await test.client.delete(DefinitionTests.definitions, namespace: nil, name: "widgets.example.com")
        #expect(try await established() == "True")
    }

    @Test func `what was defined is served after a restart`() async throws {
        let first = try await TestServer()
        _ = try await first.client.create(DefinitionTests.definitions, namespace: nil, definition())
        _ = try await first.client.create(DefinitionTests.widgets, namespace: "default", widget("a", ["size": 2]))
        let second = try await TestServer(store: first.store)
        #expect(try await second.client.get(DefinitionTests.widgets, namespace: "default", name: "a").name == "a")
    }
}
