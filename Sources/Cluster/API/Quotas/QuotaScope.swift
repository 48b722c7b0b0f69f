import ClusterObjects

/// Which objects a ResourceQuota counts at all.
public struct QuotaScope: Sendable {
    private struct Term {
        var name: String
        var operation: String
        var values: [String]
    }

    private let terms: [Term]

    /// Of a quota's `spec`.
    public init(_ spec: Tree?) {
        let named = (spec?["scopes"]?.strings ?? []).map { Term(name: $0, operation: "Exists", values: []) }
        let selected = spec?["scopeSelector"].map { Array($0.elements("matchExpressions")) } ?? []
        terms =
            named
            + selected.map {
                Term(
                    name: $0["scopeName"]?.string ?? "", operation: $0["operator"]?.string ?? "Exists",
                    values: $0["values"]?.strings ?? [])
            }
    }

    /// Without scopes, every object; with them, only kinds that know such a scope.
    public func includes(_ object: Tree, _ resource: GroupResource) -> Bool {
        terms.allSatisfy { term in
            switch resource {
            case GroupResource("", "pods"): matches(term, pod: object)
            case GroupResource("", "persistentvolumeclaims"): matches(term, claim: object)
            default: false
            }
        }
    }

    private func matches(_ term: Term, pod: Tree) -> Bool {
        let spec = pod["spec"]
        let terminates = spec?["activeDeadlineSeconds"]?.int.map { $0 >= 0 } ?? false
        switch term.name {
        case "Terminating": return terminates
        case "NotTerminating": return !terminates
        case "BestEffort": return PodQOS.class(of: pod.value) == "BestEffort"
        case "NotBestEffort": return PodQOS.class(of: pod.value) != "BestEffort"
        case "PriorityClass": return selects(term, [spec?["priorityClassName"]?.string ?? ""].filter { !$0.isEmpty })
        case "CrossNamespacePodAffinity": return crossesNamespaces(spec)
        default: return false
        }
    }

    private func matches(_ term: Term, claim: Tree) -> Bool {
        guard term.name == "VolumeAttributesClass" else { return false }
        let names = [
            claim[path: "spec", "volumeAttributesClassName"], claim[path: "status", "currentVolumeAttributesClassName"],
            claim[path: "status", "modifyVolumeStatus", "targetVolumeAttributesClassName"],
        ]
        return selects(term, names.compactMap { $0?.string }.filter { !$0.isEmpty })
    }

    /// As a label selector would, over a label that has any of these values.
    private func selects(_ term: Term, _ present: [String]) -> Bool {
        switch term.operation {
        case "In": present.contains { term.values.contains($0) }
        case "NotIn": present.isEmpty || present.contains { !term.values.contains($0) }
        case "DoesNotExist": present.isEmpty
        default: !present.isEmpty
        }
    }

    private func crossesNamespaces(_ spec: Tree?) -> Bool {
        ["podAffinity", "podAntiAffinity"].contains { kind in
            guard let affinity = spec?["affinity"]?[kind] else { return false }
            let required = Array(affinity.elements("requiredDuringSchedulingIgnoredDuringExecution"))
            let preferred = affinity.elements("preferredDuringSchedulingIgnoredDuringExecution").compactMap { $0["podAffinityTerm"] }
            return (required + preferred).contains {
                !($0["namespaces"]?.strings ?? []).isEmpty || ($0["namespaceSelector"]?.isObject ?? false)
            }
        }
    }
}
