import ClusterAPI
import ClusterObjects

/// Nobody hands out rights they do not have themselves, unless they may `escalate` roles or `bind` the role.
/// Source: pkg/registry/rbac/escalation_check.go, pkg/registry/rbac/*/policybased/storage.go.
struct EscalationCheck: Sendable {
    let server: APIServer
    let user: UserInfo

    /// - Parameter old: the object as it is; nil for a new one.
    /// - Throws: 403 naming the rights that are missing; 404 for a binding to a role that is not there.
    static func check(_ new: Value, old: Value?, _ target: Target, _ user: UserInfo, _ server: APIServer) throws(APIError) {
        guard target.resource.group == RoleBasedAuthorizer.group, !user.groups.contains(AuthorizerChain.masters) else { return }
        if let old, changesNothingThatGrants(new, old) { return }
        let check = EscalationCheck(server: server, user: user)
        switch target.resource.plural {
        case "roles", "clusterroles": try check.role(new, old: old, target)
        case "rolebindings", "clusterrolebindings": try check.binding(new, target)
        default: return
        }
    }

    /// Owners and finalizers are taken from an object so that it can go.
    private static func changesNothingThatGrants(_ new: Value, _ old: Value) -> Bool {
        func comparable(_ object: Value) -> Value {
            var object = object
            for field in ["ownerReferences", "finalizers", "managedFields", "selfLink", "resourceVersion"] {
                object[path: "metadata", field] = nil
            }
            return object
        }
        return comparable(new) == comparable(old)
    }

    private func role(_ role: Value, old: Value?, _ target: Target) throws(APIError) {
        let mayEscalate = server.allows(
            AccessRequest(
                user, "escalate", group: target.resource.group, resource: target.resource.plural, namespace: target.namespace,
                name: old == nil ? "" : target.name))
        if mayEscalate { return }
        try confirm(PolicyRule.all(of: role.tree), target)
        // What gathers roles by label can gather anything.
        guard EscalationCheck.aggregates(role) || old.map(EscalationCheck.aggregates) ?? false else { return }
        do throws(APIError) { try confirm(PolicyRule.fullAuthority, target) } catch {
            throw .forbidden(
                target.resource.groupResource, target.name, "must have cluster-admin privileges to use the aggregationRule")
        }
    }

    private static func aggregates(_ role: Value) -> Bool {
        !(role[path: "aggregationRule", "clusterRoleSelectors"]?.array ?? []).isEmpty
    }

    private func binding(_ binding: Value, _ target: Target) throws(APIError) {
        let kind = binding[path: "roleRef", "kind"]?.string ?? ""
        let name = binding[path: "roleRef", "name"]?.string ?? ""
        let group = binding[path: "roleRef", "apiGroup"]?.string ?? ""
        let plural = kind == "ClusterRole" ? "clusterroles" : kind == "Role" ? "roles" : ""
        // Another kind is refused by the rules of bindings.
        guard !plural.isEmpty else { return }
        let mayBind = server.allows(
            AccessRequest(user, "bind", group: group, resource: plural, namespace: target.namespace, name: name))
        if mayBind { return }
        guard let rules = server.roles.index.rules(kind: kind, name: name, in: target.namespace) else {
            throw .notFound(GroupResource(RoleBasedAuthorizer.group, plural), name)
        }
        try confirm(rules, target)
    }

    /// That the user has all of these rights.
    private func confirm(_ rules: [PolicyRule], _ target: Target) throws(APIError) {
        let held = server.roles.rules(of: user, in: target.namespace)
        let missing = PolicyRule.missing(rules, from: held.rules)
        guard !missing.isEmpty else { return }
        let lines = Set(PolicyRule.compacted(missing).map(\.text)).sorted().joined(separator: "\n")
        var why =
            "user \(GoQuoted.text(user.name)) (groups=\(GoQuoted.list(user.groups))) is attempting to grant RBAC permissions not currently held:\n\(lines)"
        if !held.errors.isEmpty { why += "; resolution errors: [\(RoleIndex.joined(held.errors))]" }
        throw .forbidden(target.resource.groupResource, target.name, why)
    }
}
