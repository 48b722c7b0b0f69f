import ClusterClient
import ClusterObjects
import Testing

@testable import ClusterControllers

@Suite struct AggregationTests {
    private func role(_ name: String, labels: [String: String] = [:], rules: [Value], gathers: [String: String]? = nil) -> APIObject {
        var role: Value = ["metadata": ["name": .string(name), "labels": Value(labels)], "rules": .array(rules)]
        if let gathers { role["aggregationRule"] = ["clusterRoleSelectors": [["matchLabels": Value(gathers)]]] }
        return APIObject(role)
    }

    private func rule(_ resource: String) -> Value { ["verbs": ["get"], "apiGroups": [""], "resources": [.string(resource)]] }

    private func decide(_ roles: [APIObject], _ name: String) -> Decision {
        ClusterRoleAggregation().reconcile(
            Reconciliation(key: ObjectKey(name: name), cluster: Table(contents: [.clusterRoles: roles]), now: Make.start))
    }

    @Test func `a role gathers the rules of those with the label, by name, each once`() throws {
        let label = ["to-view": "true"]
        let parts = [
            role("b", labels: label, rules: [rule("pods"), rule("services")]), role("a", labels: label, rules: [rule("pods")]),
            role("c", rules: [rule("secrets")]),
        ]
        let decision = decide(parts + [role("view", rules: [rule("lost")], gathers: label)], "view")
        guard case .patch("view", nil, let patch)? = decision.steps.first?.first?.action else {
            Issue.record("nothing was written")
            return
        }
        #expect(patch.body == ["rules": [rule("pods"), rule("services")]])
        #expect(decide(parts + [role("view", rules: [rule("pods"), rule("services")], gathers: label)], "view").changes.isEmpty)
        #expect(decide(parts, "c").changes.isEmpty)
    }
}
