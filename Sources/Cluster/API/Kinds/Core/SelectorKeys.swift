import ClusterObjects

/// `matchLabelKeys` and `mismatchLabelKeys` of a new pod's terms about other pods: the values its own labels have for them become
/// requirements of the terms' selectors. Source: pkg/registry/core/pod/strategy.go, mutatePodAffinity.
enum SelectorKeys {
    static func merge(into pod: inout Value) {
        guard pod["spec"]?["affinity"] != nil || pod["spec"]?["topologySpreadConstraints"] != nil else { return }
        let labels = pod[path: "metadata", "labels"]?.stringMap ?? [:]
        pod.edit("spec") { spec in
            for kind in ["podAffinity", "podAntiAffinity"] where spec[path: "affinity", kind] != nil {
                spec.edit("affinity") { affinity in
                    affinity.edit(kind) { terms in
                        terms.editEach("requiredDuringSchedulingIgnoredDuringExecution") { add(labels, to: &$0) }
                        terms.editEach("preferredDuringSchedulingIgnoredDuringExecution") { weighted in
                            weighted.edit("podAffinityTerm") { add(labels, to: &$0) }
                        }
                    }
                }
            }
            spec.editEach("topologySpreadConstraints") { add(labels, to: &$0) }
        }
    }

    private static func add(_ labels: [String: String], to term: inout Value) {
        guard term["labelSelector"]?.object != nil else { return }
        for (list, operation) in [("matchLabelKeys", "In"), ("mismatchLabelKeys", "NotIn")] {
            for key in term[list]?.strings ?? [] {
                guard let value = labels[key] else { continue }
                let requirement: Value = ["key": .string(key), "operator": .string(operation), "values": [.string(value)]]
                term["labelSelector", default: .emptyObject]["matchExpressions", default: []].editElements { $0.append(requirement) }
            }
        }
    }

    /// Keys that a selector names besides what they were merged as: in its labels, or twice in its expressions.
    static func named(by selector: Value?) -> Set<String> {
        var named = Set(selector?.map("matchLabels").keys ?? [])
        var merged: Set<String> = []
        for key in (selector?.list("matchExpressions") ?? []).map({ $0.text("key") }) where !merged.insert(key).inserted {
            named.insert(key)
        }
        return named
    }
}
