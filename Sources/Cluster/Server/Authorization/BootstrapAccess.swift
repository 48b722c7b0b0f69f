import ClusterAPI
import ClusterClient
import ClusterObjects

/// The roles and bindings that every cluster starts with: Kubernetes' own, and those of the parts that run in this process.
/// Source of how they are kept: k8s.io/component-helpers/auth/rbac/reconciliation.
enum BootstrapAccess {
    struct Entry: Sendable {
        var resource: GroupVersionResource
        var namespace: String?
        var object: Value

        var name: String { object[path: "metadata", "name"]?.string ?? "" }
        var path: String { namespace.map { "\($0)/\(name)" } ?? name }
        var isRole: Bool { object["roleRef"] == nil }
    }

    private static let kinds = [
        ("clusterroles", "ClusterRole"), ("clusterrolebindings", "ClusterRoleBinding"), ("roles", "Role"),
        ("rolebindings", "RoleBinding"),
    ]

    /// Everything that is to be there, roles before their bindings.
    static var entries: [Entry] {
        let facts = Facts.bootstrapRBAC
        return kinds.flatMap { plural, kind in
            (facts[plural]?.elements ?? Tree.noElements).map { entry(plural, kind, $0.value) } + own(plural, kind)
        }
    }

    /// The rules that a ClusterRole of Kubernetes' has at first; none for an unknown one.
    static func rules(ofClusterRole name: String) -> [PolicyRule] {
        Facts.bootstrapRBAC["clusterroles"]?.elements.first { $0["name"]?.string == name }.map(PolicyRule.all) ?? []
    }

    /// From a fact, whose metadata stands beside the rest.
    private static func entry(_ plural: String, _ kind: String, _ fact: Value) -> Entry {
        var object: Value = ["apiVersion": "\(RoleBasedAuthorizer.group)/v1", "kind": .string(kind)]
        for (key, value) in fact.object ?? Fields() {
            if ["name", "namespace", "labels", "annotations"].contains(key) {
                object[path: "metadata", key] = value
            } else {
                object[key] = value
            }
        }
        return Entry(
            resource: GroupVersionResource(RoleBasedAuthorizer.group, "v1", plural), namespace: fact["namespace"]?.string, object: object)
    }

    // MARK: - The parts in this process

    /// Where Kubernetes' roles do not cover what a part does: its controllers share one user, its proxy makes the Service of DNS and
    /// writes what a cloud would.
    private static func own(_ plural: String, _ kind: String) -> [Entry] {
        let facts: [Value] =
            switch plural {
            case "clusterroles":
                [
                    role(
                        "kube-controller-manager",
                        [
                            PolicyRule(
                                verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
                                groups: ["*"], resources: ["*"]),
                            PolicyRule(verbs: ["escalate"], groups: [RoleBasedAuthorizer.group], resources: ["clusterroles"]),
                        ]),
                    role("kube-proxy", [PolicyRule(verbs: ["patch"], groups: [""], resources: ["services/status"])]),
                ]
            case "clusterrolebindings":
                [
                    binding("kube-controller-manager", user: "system:kube-controller-manager"),
                    binding(
                        "certificate-controller", to: "system:controller:certificate-controller", user: "system:kube-controller-manager"),
                    binding("kube-proxy", user: "system:kube-proxy"),
                    binding("reconciler", to: "cluster-admin", user: "system:skiff:reconciler"),
                ]
            case "roles":
                [
                    role(
                        "kube-proxy", [PolicyRule(verbs: ["create", "get"], groups: [""], resources: ["services"])],
                        namespace: "kube-system")
                ]
            case "rolebindings": [binding("kube-proxy", kind: "Role", user: "system:kube-proxy", namespace: "kube-system")]
            default: []
            }
        return facts.map { entry(plural, kind, $0) }
    }

    private static func described(_ part: String, _ namespace: String?) -> Value {
        var fact: Value = [
            "name": .string("system:skiff:\(part)"), "labels": ["kubernetes.io/bootstrapping": "rbac-defaults"],
            "annotations": [autoUpdate: "true"],
        ]
        if let namespace { fact["namespace"] = .string(namespace) }
        return fact
    }

    private static func role(_ part: String, _ rules: [PolicyRule], namespace: String? = nil) -> Value {
        var fact = described(part, namespace)
        fact["rules"] = .array(rules.map(\.value))
        return fact
    }

    private static func binding(
        _ part: String, kind: String = "ClusterRole", to role: String? = nil, user: String, namespace: String? = nil
    ) -> Value {
        var fact = described(part, namespace)
        let group = Value.string(RoleBasedAuthorizer.group)
        fact["roleRef"] = ["apiGroup": group, "kind": .string(kind), "name": .string(role ?? "system:skiff:\(part)")]
        fact["subjects"] = [["apiGroup": group, "kind": "User", "name": .string(user)]]
        return fact
    }

    // MARK: - Keeping them

    static let autoUpdate = "rbac.authorization.kubernetes.io/autoupdate"

    /// What an existing object must become, so that it has at least what it should; nil when it has, or wants to be left alone.
    /// Of a binding to another role nothing can be kept: `replaces` is set.
    static func reconciled(_ existing: Value, _ expected: Value) -> (object: Value, replaces: Bool)? {
        let annotations = existing[path: "metadata", "annotations"]
        if annotations?[autoUpdate]?.string == "false" { return nil }
        if let role = expected["roleRef"], role != existing["roleRef"] { return (expected, true) }
        var result = existing
        for field in ["annotations", "labels"] {
            for (key, value) in expected[path: "metadata", field]?.object ?? Fields()
            where existing[path: "metadata", field, key] == nil { result[path: "metadata", field, key] = value }
        }
        if expected["roleRef"] != nil {
            let held = existing["subjects"]?.array ?? []
            let missing = (expected["subjects"]?.array ?? []).filter { !held.contains($0) }
            if !missing.isEmpty { result["subjects"] = .array(held + missing) }
        } else {
            completeRules(&result, expected)
        }
        return result == existing ? nil : (result, false)
    }

    private static func completeRules(_ role: inout Value, _ expected: Value) {
        let held = PolicyRule.all(of: role.tree)
        let wanted = PolicyRule.all(of: expected.tree)
        if held != wanted {
            let missing = PolicyRule.missing(wanted, from: held)
            if !missing.isEmpty { role["rules"] = .array((role["rules"]?.array ?? []) + missing.map(\.value)) }
        }
        guard let aggregation = expected["aggregationRule"] else {
            role["aggregationRule"] = nil
            return
        }
        let selectors = role[path: "aggregationRule", "clusterRoleSelectors"]?.array ?? []
        let missing = (aggregation["clusterRoleSelectors"]?.array ?? []).filter { !selectors.contains($0) }
        if !missing.isEmpty { role[path: "aggregationRule", "clusterRoleSelectors"] = .array(selectors + missing) }
    }
}

extension APIServer {
    /// Makes the roles and bindings that are missing, all at once, and completes those that lack something.
    func bootstrapAccess() async throws(APIError) {
        let client = localClient(user: "system:apiserver")
        let options = WriteOptions(fieldManager: "kube-apiserver")
        let failures = await withTaskGroup(of: APIError?.self) { group in
            for entry in BootstrapAccess.entries {
                guard let stored = store.get(entry.resource.groupResource, entry.path) else {
                    group.addTask {
                        do throws(APIError) {
                            _ = try await client.create(entry.resource, namespace: entry.namespace, entry.object, options: options)
                            return nil
                        } catch { return error.isAlreadyExists ? nil : error }
                    }
                    continue
                }
                // One that is damaged is for an administrator to restore.
                guard !stored.isDamaged, let change = BootstrapAccess.reconciled(ObjectBytes.tree(stored).value, entry.object) else {
                    continue
                }
                group.addTask {
                    do throws(APIError) {
                        if change.replaces {
                            try await client.delete(
                                entry.resource, namespace: entry.namespace, name: entry.name, options: DeleteOptions())
                            _ = try await client.create(entry.resource, namespace: entry.namespace, change.object, options: options)
                        } else {
                            _ = try await client.update(
                                entry.resource, namespace: entry.namespace, name: entry.name, subresource: nil, object: change.object,
                                options: options)
                        }
                        return nil
                    } catch { return error }
                }
            }
            var failures: [APIError] = []
            for await failure in group { if let failure { failures.append(failure) } }
            return failures
        }
        if let first = failures.first { throw first }
    }
}
