import ClusterObjects

/// How much of a request is written down.
enum AuditLevel: String, Sendable, Comparable, CaseIterable {
    case none = "None"
    /// Who, what, when and how it ended.
    case metadata = "Metadata"
    /// What was sent, too.
    case request = "Request"
    /// And what was answered.
    case requestResponse = "RequestResponse"

    private var rank: Int { AuditLevel.allCases.firstIndex(of: self) ?? 0 }
    static func < (left: AuditLevel, right: AuditLevel) -> Bool { left.rank < right.rank }
}

/// When in a request's life something is written down.
enum AuditStage: String, Sendable, CaseIterable {
    case requestReceived = "RequestReceived"
    /// Of requests that go on: watches, logs, terminals.
    case responseStarted = "ResponseStarted"
    case responseComplete = "ResponseComplete"
    case panic = "Panic"
}

/// Which requests are written down, and how much of them: the first rule that matches counts, and what none matches is not.
/// Source: k8s.io/apiserver/pkg/apis/audit/v1, Policy; k8s.io/apiserver/pkg/audit/policy/checker.go.
public struct AuditPolicy: Sendable {
    struct Rule: Sendable {
        /// Resources of a group; empty lists are for all of them.
        struct Resources: Sendable {
            var group = ""
            var resources: [String] = []
            var names: [String] = []
        }

        var level = AuditLevel.none
        var users: [String] = []
        var groups: [String] = []
        var verbs: [String] = []
        var resources: [Resources] = []
        var namespaces: [String] = []
        var paths: [String] = []
        var omitStages: Set<AuditStage> = []
        var omitsManagedFields = false
    }

    /// What is decided about a request.
    struct Decision: Sendable {
        var level = AuditLevel.none
        var omitStages: Set<AuditStage> = []
        var omitsManagedFields = false
    }

    let rules: [Rule]

    init(rules: [Rule]) { self.rules = rules }

    /// O(rules). What holds secrets is never shown by a rule that does not name it: a rule for everything gets its metadata only.
    func decision(for request: AccessRequest) -> Decision {
        guard let rule = rules.first(where: { $0.matches(request) }) else { return Decision() }
        let isHidden = AuditPolicy.holdsSecrets(request) && !rule.names(request)
        return Decision(
            level: isHidden ? min(rule.level, .metadata) : rule.level, omitStages: rule.omitStages,
            omitsManagedFields: rule.omitsManagedFields)
    }

    private static func holdsSecrets(_ request: AccessRequest) -> Bool {
        switch (request.group, request.combinedResource) {
        case ("", "secrets"), ("", "serviceaccounts/token"), ("authentication.k8s.io", "tokenreviews"): true
        default: false
        }
    }
}

extension AuditPolicy.Rule {
    func matches(_ request: AccessRequest) -> Bool {
        guard users.isEmpty || users.contains(request.user.name) else { return false }
        guard groups.isEmpty || request.user.groups.contains(where: groups.contains) else { return false }
        guard verbs.isEmpty || verbs.contains(request.verb) else { return false }
        if !namespaces.isEmpty || !resources.isEmpty {
            guard request.path == nil, namespaces.isEmpty || namespaces.contains(request.namespace) else { return false }
            return resources.isEmpty || resources.contains { $0.matches(request) }
        }
        guard !paths.isEmpty else { return true }
        guard let path = request.path else { return false }
        return paths.contains { $0 == "*" || PolicyRule.path($0, covers: path) }
    }

    /// Whether the rule names the request's resource itself, not as one among all.
    func names(_ request: AccessRequest) -> Bool {
        resources.contains { $0.matches(request) && $0.resources.contains(request.combinedResource) }
    }
}

extension AuditPolicy.Rule.Resources {
    func matches(_ request: AccessRequest) -> Bool {
        guard group == request.group, names.isEmpty || names.contains(request.name) else { return false }
        return resources.isEmpty
            || resources.contains { resource in
                if resource == "*" || resource == request.combinedResource { return true }
                guard !request.subresource.isEmpty else { return false }
                return resource == "\(request.resource)/*" || resource == "*/\(request.subresource)"
            }
    }
}
