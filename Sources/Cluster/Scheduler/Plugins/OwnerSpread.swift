import ClusterObjects
import Glibc

/// Spreads the pods of one controller over zones and nodes, where they do not say how themselves: Kubernetes' default constraints,
/// a skew of 5 between zones and of 3 between nodes.
struct OwnerSpread: ScorePlugin {
    let pod: PodInfo
    let weight = 2

    func score(_ node: NodeState) -> Int { node.perOwner[pod.ownerUID] ?? 0 }

    func scores(of slots: [Int], in state: SchedulingState) -> [Int] {
        var zones: Set<String> = []
        for slot in slots { if let zone = state.nodes[slot].labels[SchedulingState.zoneLabel] { zones.insert(zone) } }
        let zoneWeight = SpreadScore.weight(zones.count)
        let nodeWeight = SpreadScore.weight(slots.count)
        let scores = slots.map { slot -> Int? in
            let node = state.nodes[slot]
            var sum = SpreadScore.of(score(node), maxSkew: 3, nodeWeight)
            if let zone = node.labels[SchedulingState.zoneLabel] {
                sum += SpreadScore.of(state.podsInZone(zone, of: pod.ownerUID), maxSkew: 5, zoneWeight)
            }
            return Int(sum.rounded())
        }
        return SpreadScore.normalised(scores)
    }
}

/// How spreading is scored. Source: pkg/scheduler/framework/plugins/podtopologyspread/scoring.go.
enum SpreadScore {
    /// More values of a label make a pod more on one of them weigh more.
    static func weight(_ values: Int) -> Double { log(Double(values + 2)) }

    static func of(_ pods: Int, maxSkew: Int, _ weight: Double) -> Double { Double(pods) * weight + Double(maxSkew - 1) }

    /// The fewest pods 100; nil, for nodes that lack a label, 0.
    static func normalised(_ scores: [Int?]) -> [Int] {
        let known = scores.compactMap { $0 }
        let (least, most) = (known.min() ?? 0, known.max() ?? 0)
        return scores.map { score in
            guard let score else { return 0 }
            return most == 0 ? 100 : 100 * (most + least - score) / most
        }
    }
}
