import ClusterObjects

/// Whether rights are contained in others, for checks that nobody hands out more than they have.
/// Source: k8s.io/component-helpers/auth/rbac/validation/policy_comparator.go, pkg/registry/rbac/validation/policy_compact.go.
extension PolicyRule {
    /// What of `wanted` no rule of `held` grants, in single rights; empty when all of it is granted.
    static func missing(_ wanted: [PolicyRule], from held: [PolicyRule]) -> [PolicyRule] {
        wanted.flatMap(\.single).filter { right in !held.contains { $0.covers(right) } }
    }

    /// The rule as rights of one verb on one resource, name or path each.
    private var single: [PolicyRule] {
        var result: [PolicyRule] = []
        for group in groups {
            for resource in resources {
                for verb in verbs {
                    if names.isEmpty { result.append(PolicyRule(verbs: [verb], groups: [group], resources: [resource])) }
                    for name in names {
                        result.append(PolicyRule(verbs: [verb], groups: [group], resources: [resource], names: [name]))
                    }
                }
            }
        }
        for path in paths {
            for verb in verbs { result.append(PolicyRule(verbs: [verb], paths: [path])) }
        }
        return result
    }

    /// Whether this rule grants a single right.
    private func covers(_ right: PolicyRule) -> Bool {
        func all(_ set: [String], _ wanted: [String]) -> Bool { set.contains("*") || wanted.allSatisfy(set.contains) }
        guard all(verbs, right.verbs), all(groups, right.groups) else { return false }
        guard names.isEmpty || (!right.names.isEmpty && right.names.allSatisfy(names.contains)) else { return false }
        let coversResources =
            resources.contains("*")
            || right.resources.allSatisfy { wanted in
                if resources.contains(wanted) { return true }
                guard let slash = wanted.firstIndex(of: "/") else { return false }
                return resources.contains("*\(wanted[slash...])")
            }
        return coversResources && right.paths.allSatisfy { wanted in paths.contains { PolicyRule.path($0, covers: wanted) } }
    }

    /// Single rights on the same resource put together.
    static func compacted(_ rights: [PolicyRule]) -> [PolicyRule] {
        var result: [PolicyRule] = []
        var places: [GroupResource: Int] = [:]
        for right in rights {
            guard right.names.isEmpty, right.paths.isEmpty, right.groups.count == 1, right.resources.count == 1 else {
                result.append(right)
                continue
            }
            let key = GroupResource(right.groups[0], right.resources[0])
            if let place = places[key] {
                result[place].verbs += right.verbs
            } else {
                places[key] = result.count
                result.append(right)
            }
        }
        return result
    }
}
