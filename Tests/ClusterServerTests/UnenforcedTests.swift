import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterServer
import ClusterStore
import Testing

/// What the server does with objects that ask for what it does not do.
@Suite struct UnenforcedTests {
    private static let webhooks = GroupVersionResource("admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations")
    private static let definitions = GroupVersionResource("apiextensions.k8s.io", "v1", "customresourcedefinitions")

    private func configuration(_ hooks: Value...) -> Value { ["metadata": ["name": "guard"], "webhooks": .array(hooks)] }

    private let hook: Value = [
        "name": "guard.example.com", "sideEffects": "None", "admissionReviewVersions": ["v1"],
        "clientConfig": ["url": "https://guard.example.com/check"],
    ]

    private func list(_ test: TestServer, anonymous: Bool = false) async throws -> [Substring] {
        let answer = try await test.http("GET", "/readyz", query: "verbose", anonymous: anonymous)
        #expect(answer.status == 200)
        return answer.text.split(separator: "\n").filter { $0.contains("not enforced") }
    }

    @Test func `it is refused by default, also when it comes by a change or a dry run`() async throws {
        let test = try await TestServer()
        let hook = hook
        let refused = await refusal { _ = try await test.client.create(UnenforcedTests.webhooks, namespace: nil, configuration(hook)) }
        #expect(refused?.code == 422)
        #expect(
            refused?.message
                == "ValidatingWebhookConfiguration.admissionregistration.k8s.io \"guard\" is invalid: webhooks[0]: Forbidden: admission "
                + "webhooks are not enforced by this server yet, and refused unless it runs with `skiff up --allow-unenforced`")
        let path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
        let json = [("Content-Type", "application/json")]
        let tried = try await test.http("POST", path, query: "dryRun=All", body: configuration(hook).jsonText, headers: json)
        #expect(tried.status == 422)
        _ = try await test.client.create(UnenforcedTests.webhooks, namespace: nil, configuration())
        let patched = await refusal {
            _ = try await test.client.patch(
                UnenforcedTests.webhooks, namespace: nil, name: "guard", patch: Patch(.merge, ["webhooks": [hook]]))
        }
        #expect(patched?.code == 422)
        #expect(try await list(test).isEmpty)
    }

    @Test func `what is wrong with it anyway is said instead`() async throws {
        let test = try await TestServer()
        var wrong = hook
        wrong["sideEffects"] = "Many"
        let refused = await refusal { _ = try await test.client.create(UnenforcedTests.webhooks, namespace: nil, configuration(wrong)) }
        #expect(refused?.message.contains("sideEffects") == true)
        #expect(refused?.message.contains("enforced") == false)
    }

    @Test func `with the flag it is taken, and listed for as long as it is there`() async throws {
        let test = try await TestServer(allowsUnenforced: true)
        _ = try await test.client.create(UnenforcedTests.webhooks, namespace: nil, configuration(hook))
        #expect(try await list(test) == ["warn: not enforced: ValidatingWebhookConfiguration/guard: admission webhooks"])
        #expect(try await list(test, anonymous: true) == ["warn: not enforced: 1"])
        _ = try await test.client.patch(
            UnenforcedTests.webhooks, namespace: nil, name: "guard", patch: Patch(.merge, ["webhooks": []]))
        #expect(try await list(test).isEmpty)
        _ = try await test.client.patch(
            UnenforcedTests.webhooks, namespace: nil, name: "guard", patch: Patch(.merge, ["webhooks": [hook]]))
        #expect(try await list(test).count == 1)
        try await test.client.delete(UnenforcedTests.webhooks, namespace: nil, name: "guard")
        #expect(try await list(test).isEmpty)
    }

    @Test func `a definition leaves the list when its last object lets it go`() async throws {
        let test = try await TestServer(allowsUnenforced: true)
        let widgets = GroupVersionResource("example.com", "v1", "widgets")
        _ = try await test.client.create(
            UnenforcedTests.definitions, namespace: nil,
            [
                "metadata": ["name": "widgets.example.com"],
                "spec": [
                    "group": "example.com", "scope": "Cluster", "names": ["plural": "widgets", "kind": "Widget"],
                    "versions": [
                        [
                            "name": "v1", "served": true, "storage": true,
                            "schema": ["openAPIV3Schema": ["type": "object", "x-kubernetes-validations": [["rule": "true"]]]],
                        ]
                    ],
                ],
            ])
        _ = try await test.client.create(
            widgets, namespace: nil, ["metadata": ["name": "held", "finalizers": ["example.com/hold"]]])
        try await test.client.delete(UnenforcedTests.definitions, namespace: nil, name: "widgets.example.com")
        #expect(try await list(test) == ["warn: not enforced: CustomResourceDefinition/widgets.example.com: CEL validation rules"])
        _ = try await test.client.patch(widgets, namespace: nil, name: "held", patch: Patch(.merge, ["metadata": ["finalizers": .null]]))
        #expect(try await list(test).isEmpty)
    }

    @Test func `without the flag, what was taken before is found at the start, and may go but not grow`() async throws {
        let store = MemoryStore()
        let before = try await TestServer(store: store, allowsUnenforced: true)
        _ = try await before.client.create(UnenforcedTests.webhooks, namespace: nil, configuration(hook))
        let test = try await TestServer(store: store)
        #expect(try await list(test) == ["warn: not enforced: ValidatingWebhookConfiguration/guard: admission webhooks"])
        _ = try await test.client.patch(
            UnenforcedTests.webhooks, namespace: nil, name: "guard", patch: Patch(.merge, ["metadata": ["labels": ["a": "b"]]]))
        var other = hook
        other["failurePolicy"] = "Ignore"
        let changed = other
        let refused = await refusal {
            _ = try await test.client.patch(
                UnenforcedTests.webhooks, namespace: nil, name: "guard", patch: Patch(.merge, ["webhooks": [changed]]))
        }
        #expect(refused?.code == 422)
        try await test.client.delete(UnenforcedTests.webhooks, namespace: nil, name: "guard")
        #expect(try await list(test).isEmpty)
    }
}
