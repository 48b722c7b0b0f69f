import ClusterObjects

/// One rule of a role: verbs on resources, or on paths. Source: pkg/apis/rbac/v1/evaluation_helpers.go.
struct PolicyRule: Sendable, Hashable {
    var verbs: [String] = []
    var groups: [String] = []
    var resources: [String] = []
    /// Empty for every name.
    var names: [String] = []
    /// Paths that are no resources', `*` at their end standing for any rest.
    var paths: [String] = []

    init(verbs: [String], groups: [String] = [], resources: [String] = [], names: [String] = [], paths: [String] = []) {
        self.verbs = verbs
        self.groups = groups
        self.resources = resources
        self.names = names
        self.paths = paths
    }

    /// An element of `rules`.
    init(_ tree: Tree) {
        verbs = tree["verbs"]?.strings ?? []
        groups = tree["apiGroups"]?.strings ?? []
        resources = tree["resources"]?.strings ?? []
        names = tree["resourceNames"]?.strings ?? []
        paths = tree["nonResourceURLs"]?.strings ?? []
    }

    /// The rules of a role.
    static func all(of role: Tree) -> [PolicyRule] { role["rules"]?.elements.map(PolicyRule.init) ?? [] }

    /// Everything, which is what may gather roles by label.
    static let fullAuthority = [
        PolicyRule(verbs: ["*"], groups: ["*"], resources: ["*"]), PolicyRule(verbs: ["*"], paths: ["*"]),
    ]

    /// Whether the rule grants what is asked.
    func allows(_ request: AccessRequest) -> Bool {
        guard PolicyRule.has(verbs, request.verb) else { return false }
        if let path = request.path { return paths.contains { $0 == "*" || PolicyRule.path($0, covers: path) } }
        return PolicyRule.has(groups, request.group) && allowsResource(request) && (names.isEmpty || names.contains(request.name))
    }

    private func allowsResource(_ request: AccessRequest) -> Bool {
        let wanted = request.combinedResource
        return resources.contains { resource in
            resource == "*" || resource == wanted
                || (!request.subresource.isEmpty && resource.hasPrefix("*/") && resource.dropFirst(2) == request.subresource)
        }
    }

    static func has(_ set: [String], _ element: String) -> Bool { set.contains { $0 == "*" || $0 == element } }

    static func path(_ pattern: String, covers path: String) -> Bool {
        if pattern == path { return true }
        guard pattern.hasSuffix("*") else { return false }
        return path.hasPrefix(pattern.trimmingStars)
    }

    /// As escalation errors show it. Source: CompactString of evaluation_helpers.go.
    var text: String {
        let parts = [
            ("APIGroups", groups), ("Resources", resources), ("NonResourceURLs", paths), ("ResourceNames", names), ("Verbs", verbs),
        ]
        return "{\(parts.filter { !$0.1.isEmpty }.map { "\($0.0):\(GoQuoted.list($0.1))" }.joined(separator: ", "))}"
    }

    /// As an element of `rules` of an API object.
    var value: Value {
        var value: Value = ["verbs": Value(verbs)]
        for (key, list) in [("apiGroups", groups), ("resources", resources), ("resourceNames", names), ("nonResourceURLs", paths)]
        where !list.isEmpty { value[key] = Value(list) }
        return value
    }
}

extension String {
    /// Without the stars at its end.
    fileprivate var trimmingStars: Substring {
        var rest = self[...]
        while rest.hasSuffix("*") { rest.removeLast() }
        return rest
    }
}
