import ClusterObjects

/// Runs pods near pods they like and away from pods they do not, or that do not like them.
struct InterPodAffinity: FilterPlugin, ScorePlugin {
    private struct Domain: Hashable {
        var key: String
        var value: String
    }

    let pod: PodInfo
    let weight = 2
    /// Domains in which a running pod wants no pod like this one.
    private var forbidden: [Domain: Int] = [:]
    private var wanted: [Domain: Int] = [:]
    private var unwanted: [Domain: Int] = [:]
    private var preferences: [Domain: Int] = [:]
    private let matchesItself: Bool

    /// O(pods on nodes with such terms), O(all pods) when this pod has terms itself; nil when nobody has any.
    init?(_ pod: PodInfo, _ state: SchedulingState) {
        guard pod.hasPodTerms || !state.nodesWithTerms.isEmpty else { return nil }
        self.pod = pod
        matchesItself = pod.affinity.allSatisfy { $0.matches(pod, state.namespaceLabels) }
        let namespaces = state.namespaceLabels

        func add(_ term: PodTerm, _ node: NodeState, _ amount: Int, _ counts: inout [Domain: Int]) {
            guard let value = node.labels[term.topologyKey] else { return }
            counts[Domain(key: term.topologyKey, value: value), default: 0] += amount
        }
        for slot in state.nodesWithTerms {
            let node = state.nodes[slot]
            for other in node.pods.values where other.hasPodTerms {
                for term in other.antiAffinity where term.matches(pod, namespaces) { add(term, node, 1, &forbidden) }
                for term in other.affinity where term.matches(pod, namespaces) { add(term, node, 1, &preferences) }
                for term in other.preferred where term.matches(pod, namespaces) { add(term, node, term.weight, &preferences) }
                for term in other.preferredAgainst where term.matches(pod, namespaces) { add(term, node, -term.weight, &preferences) }
            }
        }
        guard pod.hasPodTerms else { return }
        for node in state.nodes where node.isPresent {
            for other in node.pods.values {
                if !pod.affinity.isEmpty, pod.affinity.allSatisfy({ $0.matches(other, namespaces) }) {
                    for term in pod.affinity { add(term, node, 1, &wanted) }
                }
                for term in pod.antiAffinity where term.matches(other, namespaces) { add(term, node, 1, &unwanted) }
                for term in pod.preferred where term.matches(other, namespaces) { add(term, node, term.weight, &preferences) }
                for term in pod.preferredAgainst where term.matches(other, namespaces) { add(term, node, -term.weight, &preferences) }
            }
        }
    }

    func filter(_ node: NodeState) -> Rejection? {
        if !pod.affinity.isEmpty {
            var near = true
            for term in pod.affinity {
                guard let value = node.labels[term.topologyKey] else {
                    return Rejection(.interPodAffinity, "node(s) didn't match pod affinity rules", resolvable: false)
                }
                if wanted[Domain(key: term.topologyKey, value: value)] == nil { near = false }
            }
            // The first of a group that likes itself may go anywhere.
            if !near, !(wanted.isEmpty && matchesItself) {
                return Rejection(.interPodAffinity, "node(s) didn't match pod affinity rules", resolvable: false)
            }
        }
        for term in pod.antiAffinity {
            if let value = node.labels[term.topologyKey], unwanted[Domain(key: term.topologyKey, value: value)] != nil {
                return Rejection(.interPodAffinity, "node(s) didn't match pod anti-affinity rules", resolvable: true)
            }
        }
        for domain in forbidden.keys where node.labels[domain.key] == domain.value {
            return Rejection(.interPodAffinity, "node(s) didn't satisfy existing pods anti-affinity rules", resolvable: true)
        }
        return nil
    }

    func score(_ node: NodeState) -> Int {
        preferences.reduce(0) { $0 + (node.labels[$1.key.key] == $1.key.value ? $1.value : 0) }
    }
    func normalise(_ scores: inout [Int]) { Normalise.byRange(&scores) }
}
