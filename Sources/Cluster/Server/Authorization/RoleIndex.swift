import ClusterObjects

/// Roles and who has them, parsed once and found by who asks. A value: what changes is put in, nothing is read from anywhere.
///
/// Looking up a user's grants is O(their bindings).
struct RoleIndex: Sendable {
    /// Whom a binding names.
    enum Subject: Sendable, Hashable {
        case user(String)
        case group(String)
        /// Keyed by the user name it stands for; `shown` is how texts name it.
        case serviceAccount(user: String, shown: String)

        fileprivate var key: Key {
            switch self {
            case .user(let name), .serviceAccount(let name, _): .user(name)
            case .group(let name): .group(name)
            }
        }

        /// As in the reasons of decisions: `Group "system:masters"`.
        var description: String {
            switch self {
            case .user(let name): "User \(GoQuoted.text(name))"
            case .group(let name): "Group \(GoQuoted.text(name))"
            case .serviceAccount(_, let shown): "ServiceAccount \(GoQuoted.text(shown))"
            }
        }
    }

    fileprivate enum Key: Sendable, Hashable {
        case user(String)
        case group(String)
    }

    struct Binding: Sendable, Hashable {
        /// `name` of a ClusterRoleBinding, `namespace/name` of a RoleBinding.
        var path: String
        var name: String
        /// Empty for a ClusterRoleBinding.
        var namespace: String
        var roleKind: String
        var roleName: String
        /// Where the index has the role; nil for one that there cannot be.
        var rolePath: String?
        var subjects: [Subject]
    }

    /// A binding that holds for somebody.
    struct Grant: Sendable, Hashable {
        var binding: Binding
        var subject: Subject

        /// Source: the describers of pkg/registry/rbac/validation/rule.go.
        var description: String {
            let name = binding.namespace.isEmpty ? binding.name : "\(binding.name)/\(binding.namespace)"
            let kind = binding.namespace.isEmpty ? "ClusterRoleBinding" : "RoleBinding"
            return
                "\(kind) \(GoQuoted.text(name)) of \(binding.roleKind) \(GoQuoted.text(binding.roleName)) to \(subject.description)"
        }

        /// Said when its role is not there.
        var problem: String {
            "\(binding.roleKind.lowercased()).rbac.authorization.k8s.io \(GoQuoted.text(binding.roleName)) not found"
        }
    }

    /// By path: `name` of a ClusterRole, `namespace/name` of a Role.
    private var roles: [String: RoleRules] = [:]
    private var bindings: [String: Binding] = [:]
    /// By the bindings' namespace (empty for cluster-wide ones) and whom they name.
    private var grants: [String: [Key: [Grant]]] = [:]

    // MARK: - What there is

    mutating func setRole(_ path: String, _ rules: [PolicyRule]) { roles[path] = RoleRules(rules) }
    mutating func removeRole(_ path: String) { roles[path] = nil }

    /// - Parameter path: `name` of a ClusterRoleBinding, `namespace/name` of a RoleBinding.
    mutating func setBinding(_ path: String, _ tree: Tree) {
        removeBinding(path)
        let parts = path.split(separator: "/", maxSplits: 1).map(String.init)
        let namespace = parts.count == 2 ? parts[0] : ""
        let kind = tree[path: "roleRef", "kind"]?.string ?? ""
        let name = tree[path: "roleRef", "name"]?.string ?? ""
        let binding = Binding(
            path: path, name: parts.last ?? "", namespace: namespace, roleKind: kind, roleName: name,
            rolePath: RoleIndex.rolePath(kind, name, in: namespace),
            subjects: tree["subjects"]?.elements.compactMap { RoleIndex.subject($0, namespace) } ?? [])
        bindings[path] = binding
        for subject in Set(binding.subjects) {
            grants[namespace, default: [:]][subject.key, default: []].append(Grant(binding: binding, subject: subject))
        }
    }

    mutating func removeBinding(_ path: String) {
        guard let old = bindings.removeValue(forKey: path) else { return }
        for subject in old.subjects {
            grants[old.namespace]?[subject.key]?.removeAll { $0.binding.path == path }
            if grants[old.namespace]?[subject.key]?.isEmpty == true { grants[old.namespace]?[subject.key] = nil }
        }
        if grants[old.namespace]?.isEmpty == true { grants[old.namespace] = nil }
    }

    private static func rolePath(_ kind: String, _ name: String, in namespace: String) -> String? {
        switch kind {
        case "ClusterRole": name
        case "Role": namespace.isEmpty ? nil : "\(namespace)/\(name)"
        default: nil
        }
    }

    private static func subject(_ tree: Tree, _ bindingNamespace: String) -> Subject? {
        guard let name = tree["name"]?.string else { return nil }
        switch tree["kind"]?.string {
        case "User": return .user(name)
        case "Group": return .group(name)
        case "ServiceAccount":
            let given = tree["namespace"]?.string ?? ""
            let namespace = given.isEmpty ? bindingNamespace : given
            if namespace.isEmpty { return nil }
            return .serviceAccount(user: "system:serviceaccount:\(namespace):\(name)", shown: "\(name)/\(namespace)")
        default: return nil
        }
    }

    // MARK: - Questions

    /// The rules of the role that a binding names; nil when it is not there.
    /// - Parameter namespace: of the binding; empty for a cluster-wide one.
    func rules(kind: String, name: String, in namespace: String) -> [PolicyRule]? {
        RoleIndex.rolePath(kind, name, in: namespace).flatMap { roles[$0]?.rules }
    }

    private func rules(_ binding: Binding) -> RoleRules? { binding.rolePath.flatMap { roles[$0] } }

    /// The bindings that hold for a user, cluster-wide ones first, until `isWanted` is true for one: that one. In no order, and one that
    /// names the user in two ways comes twice.
    private func first(_ user: UserInfo, in namespace: String, where isWanted: (Grant) -> Bool) -> Grant? {
        if let subjects = grants[""], let found = RoleIndex.first(user, subjects, where: isWanted) { return found }
        guard !namespace.isEmpty, let subjects = grants[namespace] else { return nil }
        return RoleIndex.first(user, subjects, where: isWanted)
    }

    private static func first(_ user: UserInfo, _ subjects: [Key: [Grant]], where isWanted: (Grant) -> Bool) -> Grant? {
        if let found = subjects[.user(user.name)]?.first(where: isWanted) { return found }
        for group in user.groups { if let found = subjects[.group(group)]?.first(where: isWanted) { return found } }
        return nil
    }

    /// Decides a request by the roles.
    func decide(_ request: AccessRequest) -> AccessDecision {
        var broken: [Grant] = []
        let allowing = first(request.user, in: request.namespace) { grant in
            if let rules = rules(grant.binding) { return rules.allow(request) }
            broken.append(grant)
            return false
        }
        if let allowing { return .allow(.grant(allowing)) }
        return .noOpinion(broken.isEmpty ? "" : "RBAC: \(RoleIndex.joined(Set(broken.map(\.problem)).sorted()))")
    }

    /// Several errors as one, as Go's aggregates are shown.
    static func joined(_ errors: [String]) -> String { errors.count == 1 ? errors[0] : "[\(errors.joined(separator: ", "))]" }

    /// Everything that a user may do, by the bindings' names within each scope.
    func rules(of user: UserInfo, in namespace: String) -> UserRules {
        var held: [String: Grant] = [:]
        _ = first(user, in: namespace) { grant in
            held[grant.binding.path] = grant
            return false
        }
        var result = UserRules()
        for grant in held.values.sorted(by: { ($0.binding.namespace, $0.binding.name) < ($1.binding.namespace, $1.binding.name) }) {
            if let rules = rules(grant.binding) { result.rules += rules.rules } else { result.errors.append(grant.problem) }
        }
        return result
    }
}
