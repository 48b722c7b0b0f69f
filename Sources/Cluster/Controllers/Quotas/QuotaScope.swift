import ClusterObjects

/// Which pods a ResourceQuota counts.
struct QuotaScope {
    let quota: APIObject

    func includes(_ pod: Pod) -> Bool {
        let scopes = quota.spec?["scopes"]?.strings ?? []
        let terms = quota.spec?["scopeSelector"].map { Array($0.elements("matchExpressions")) } ?? []
        return scopes.allSatisfy { matches($0, "Exists", [], pod) }
            && terms.allSatisfy {
                matches($0["scopeName"]?.string ?? "", $0["operator"]?.string ?? "Exists", $0["values"]?.strings ?? [], pod)
            }
    }

    private func matches(_ scope: String, _ operation: String, _ values: [String], _ pod: Pod) -> Bool {
        let terminates = pod.spec?["activeDeadlineSeconds"]?.int.map { $0 >= 0 } ?? false
        switch scope {
        case "Terminating": return terminates
        case "NotTerminating": return !terminates
        case "BestEffort": return isBestEffort(pod)
        case "NotBestEffort": return !isBestEffort(pod)
        case "PriorityClass":
            let name = pod.spec?["priorityClassName"]?.string ?? ""
            switch operation {
            case "In": return values.contains(name)
            case "NotIn": return !values.contains(name)
            case "DoesNotExist": return name.isEmpty
            default: return !name.isEmpty
            }
        case "CrossNamespacePodAffinity": return crossesNamespaces(pod)
        default: return false
        }
    }

    private func isBestEffort(_ pod: Pod) -> Bool {
        (pod.containers + pod.initContainers).allSatisfy { container in
            ["requests", "limits"].allSatisfy { list in
                let map = container["resources"]?[list]?.stringMap ?? [:]
                return ["cpu", "memory"].allSatisfy { (map[$0].flatMap { Quantity($0) } ?? .zero).isZero }
            }
        }
    }

    private func crossesNamespaces(_ pod: Pod) -> Bool {
        ["podAffinity", "podAntiAffinity"].contains { kind in
            guard let affinity = pod.spec?["affinity"]?[kind] else { return false }
            let required = Array(affinity.elements("requiredDuringSchedulingIgnoredDuringExecution"))
            let preferred = affinity.elements("preferredDuringSchedulingIgnoredDuringExecution").compactMap { $0["podAffinityTerm"] }
            return (required + preferred).contains {
                !($0["namespaces"]?.strings ?? []).isEmpty || ($0["namespaceSelector"]?.isObject ?? false)
            }
        }
    }
}
