import ClusterObjects

/// Keeps the pods that a constraint selects evenly spread over the values of a node label.
struct TopologySpread: FilterPlugin, ScorePlugin {
    let pod: PodInfo
    let weight = 2
    private var hard: [Counted] = []
    private var soft: [Counted] = []

    private struct Counted: Sendable {
        var constraint: SpreadConstraint
        /// Selected pods per value of the label.
        var counts: [String: Int] = [:]
        var countsItself: Bool
        var least: Int {
            counts.count < constraint.minDomains ? 0 : counts.values.min() ?? 0
        }
    }

    /// O(nodes + their pods) when the pod has constraints; nil when it has none.
    init?(_ pod: PodInfo, _ state: SchedulingState) {
        guard !pod.spread.isEmpty else { return nil }
        self.pod = pod
        hard = TopologySpread.count(pod.spread.filter(\.isHard), pod, state)
        soft = TopologySpread.count(pod.spread.filter { !$0.isHard }, pod, state)
    }

    private static func count(_ constraints: [SpreadConstraint], _ pod: PodInfo, _ state: SchedulingState) -> [Counted] {
        var counted = constraints.map { Counted(constraint: $0, countsItself: $0.selector.matches(pod.labels)) }
        guard !counted.isEmpty else { return [] }
        for node in state.nodes where node.isPresent {
            guard constraints.allSatisfy({ node.labels[$0.topologyKey] != nil }) else { continue }
            for index in counted.indices {
                let constraint = counted[index].constraint
                guard let value = node.labels[constraint.topologyKey], !constraint.honorsAffinity || pod.accepts(node),
                    !constraint.honorsTaints || !node.taints.contains(where: { $0.repels && !pod.tolerates($0) })
                else { continue }
                counted[index].counts[value, default: 0] += node.pods.values.count {
                    !$0.isTerminating && $0.key.namespace == pod.key.namespace && constraint.selector.matches($0.labels)
                }
            }
        }
        return counted
    }

    func filter(_ node: NodeState) -> Rejection? {
        for counted in hard {
            guard let value = node.labels[counted.constraint.topologyKey] else {
                return Rejection(
                    .topologySpread, "node(s) didn't match pod topology spread constraints (missing required label)", resolvable: false)
            }
            let after = (counted.counts[value] ?? 0) + (counted.countsItself ? 1 : 0)
            if after - counted.least > counted.constraint.maxSkew {
                return Rejection(.topologySpread, "node(s) didn't match pod topology spread constraints", resolvable: true)
            }
        }
        return nil
    }

    func score(_ node: NodeState) -> Int { 0 }

    func scores(of slots: [Int], in state: SchedulingState) -> [Int] {
        guard !soft.isEmpty else { return [Int](repeating: 0, count: slots.count) }
        let scored = slots.filter { slot in soft.allSatisfy { state.nodes[slot].labels[$0.constraint.topologyKey] != nil } }
        let weights = soft.map { counted in
            let key = counted.constraint.topologyKey
            let values = key == Self.hostname ? scored.count : Set(scored.compactMap { state.nodes[$0].labels[key] }).count
            return SpreadScore.weight(values)
        }
        let isScored = Set(scored)
        let scores = slots.map { slot -> Int? in
            guard isScored.contains(slot) else { return nil }
            let node = state.nodes[slot]
            var sum = 0.0
            for (counted, weight) in zip(soft, weights) {
                let key = counted.constraint.topologyKey
                let pods = key == Self.hostname ? selected(counted.constraint, on: node) : counted.counts[node.labels[key] ?? ""] ?? 0
                sum += SpreadScore.of(pods, maxSkew: counted.constraint.maxSkew, weight)
            }
            return Int(sum.rounded())
        }
        return SpreadScore.normalised(scores)
    }

    private static let hostname = "kubernetes.io/hostname"

    private func selected(_ constraint: SpreadConstraint, on node: NodeState) -> Int {
        node.pods.values.count {
            !$0.isTerminating && $0.key.namespace == pod.key.namespace && constraint.selector.matches($0.labels)
        }
    }
}
