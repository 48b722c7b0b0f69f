import ClusterObjects

/// Reads `--audit-policy-file`. Source of what is refused: k8s.io/apiserver/pkg/apis/audit/validation.
extension AuditPolicy {
    /// What is wrong with a policy, by its field.
    public struct Problem: Error, Sendable, CustomStringConvertible {
        public var description: String
    }

    /// - Throws: ``Problem`` naming the field.
    public init(_ document: Value) throws(Problem) {
        guard document["kind"] == "Policy", document["apiVersion"] == "audit.k8s.io/v1" else {
            throw Problem(description: "must be a Policy of audit.k8s.io/v1")
        }
        let omitStages = try AuditPolicy.stages(document["omitStages"], "omitStages")
        let omitsManagedFields = document["omitManagedFields"]?.bool ?? false
        guard let entries = document["rules"]?.array, !entries.isEmpty else {
            throw Problem(description: "rules: at least one is required")
        }
        var rules: [Rule] = []
        for (index, entry) in entries.enumerated() {
            var rule = try AuditPolicy.rule(entry, "rules[\(index)]")
            rule.omitStages.formUnion(omitStages)
            rule.omitsManagedFields = entry["omitManagedFields"]?.bool ?? omitsManagedFields
            rules.append(rule)
        }
        self.init(rules: rules)
    }

    private static func rule(_ entry: Value, _ path: String) throws(Problem) -> Rule {
        let known = [
            "level", "users", "userGroups", "verbs", "resources", "namespaces", "nonResourceURLs", "omitStages", "omitManagedFields",
        ]
        guard let fields = entry.object else { throw Problem(description: "\(path): must be an object") }
        for (field, _) in fields where !known.contains(field) { throw Problem(description: "\(path).\(field): no such field") }
        guard let level = entry["level"]?.string.flatMap(AuditLevel.init) else {
            throw Problem(description: "\(path).level: must be one of \(AuditLevel.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        var rule = Rule(level: level)
        rule.users = try strings(entry["users"], "\(path).users")
        rule.groups = try strings(entry["userGroups"], "\(path).userGroups")
        rule.verbs = try strings(entry["verbs"], "\(path).verbs")
        rule.namespaces = try strings(entry["namespaces"], "\(path).namespaces")
        rule.paths = try strings(entry["nonResourceURLs"], "\(path).nonResourceURLs")
        rule.omitStages = try stages(entry["omitStages"], "\(path).omitStages")
        for (index, resource) in (entry["resources"]?.array ?? []).enumerated() {
            let path = "\(path).resources[\(index)]"
            let names = try strings(resource["resourceNames"], "\(path).resourceNames")
            let resources = try strings(resource["resources"], "\(path).resources")
            guard names.isEmpty || !resources.isEmpty else {
                throw Problem(description: "\(path).resourceNames: needs resources that the names are of")
            }
            rule.resources.append(Rule.Resources(group: resource["group"]?.string ?? "", resources: resources, names: names))
        }
        guard rule.paths.isEmpty || (rule.resources.isEmpty && rule.namespaces.isEmpty) else {
            throw Problem(description: "\(path).nonResourceURLs: a rule is for resources or for paths, not for both")
        }
        return rule
    }

    private static func strings(_ value: Value?, _ path: String) throws(Problem) -> [String] {
        guard let value, !value.isNull else { return [] }
        guard let strings = value.strings else { throw Problem(description: "\(path): must be a list of strings") }
        return strings
    }

    private static func stages(_ value: Value?, _ path: String) throws(Problem) -> Set<AuditStage> {
        var stages: Set<AuditStage> = []
        for name in try strings(value, path) {
            guard let stage = AuditStage(rawValue: name) else {
                throw Problem(description: "\(path): \(name) is none of \(AuditStage.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            stages.insert(stage)
        }
        return stages
    }
}
