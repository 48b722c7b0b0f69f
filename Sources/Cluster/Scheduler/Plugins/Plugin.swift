/// What can make a pod that did not fit anywhere fit.
enum ClusterEvent: Sendable, Hashable {
    case nodeAdded, nodeLabelsChanged, nodeTaintsChanged, nodeAllocatableChanged
    case podRemoved, podPlaced
    case volumesChanged
}

/// Why a node will not do.
struct Rejection: Sendable {
    var plugin: PluginName
    /// As counted in the FailedScheduling message.
    var reasons: [String]
    /// Whether removing pods from the node could help (Unschedulable, not UnschedulableAndUnresolvable).
    var isResolvable: Bool

    init(_ plugin: PluginName, _ reason: String, resolvable: Bool) {
        self.init(plugin, [reason], resolvable: resolvable)
    }

    init(_ plugin: PluginName, _ reasons: [String], resolvable: Bool) {
        self.plugin = plugin
        self.reasons = reasons
        isResolvable = resolvable
    }
}

enum PluginName: Sendable, Hashable {
    case nodeUnschedulable, nodeName, taintToleration, nodeAffinity, nodePorts, nodeResourcesFit, volumeBinding, topologySpread
    case interPodAffinity, volumeRestrictions

    /// Which events could change its answer.
    var wakesOn: Set<ClusterEvent> {
        switch self {
        case .nodeUnschedulable, .taintToleration: [.nodeAdded, .nodeTaintsChanged]
        case .nodeName: [.nodeAdded]
        case .nodeAffinity: [.nodeAdded, .nodeLabelsChanged]
        case .nodePorts, .volumeRestrictions: [.nodeAdded, .podRemoved]
        case .nodeResourcesFit: [.nodeAdded, .nodeAllocatableChanged, .podRemoved]
        case .volumeBinding: [.nodeAdded, .nodeLabelsChanged, .volumesChanged]
        case .topologySpread, .interPodAffinity: [.nodeAdded, .nodeLabelsChanged, .nodeTaintsChanged, .podRemoved, .podPlaced]
        }
    }
}

/// Answers for one pod, made for it, whether it can run on a node.
protocol FilterPlugin: Sendable {
    func filter(_ node: NodeState) -> Rejection?
}

/// Prefers nodes for one pod; made for it.
protocol ScorePlugin: Sendable {
    var weight: Int { get }
    /// Raw scores of the nodes that fit, in their order, made 0…100 by `normalise`.
    func score(_ node: NodeState) -> Int
    func normalise(_ scores: inout [Int])
    /// The scores of the nodes that fit, 0…100, for what looks at all of them together.
    func scores(of slots: [Int], in state: SchedulingState) -> [Int]
}

extension ScorePlugin {
    func normalise(_ scores: inout [Int]) {}

    func scores(of slots: [Int], in state: SchedulingState) -> [Int] {
        var scores = slots.map { score(state.nodes[$0]) }
        normalise(&scores)
        return scores
    }
}

enum Normalise {
    /// The largest becomes 100, the others in proportion; reversed, the smallest is best.
    static func byMaximum(_ scores: inout [Int], reversed: Bool) {
        let most = scores.max() ?? 0
        guard most > 0 else {
            if reversed { for index in scores.indices { scores[index] = 100 } }
            return
        }
        for index in scores.indices {
            let scaled = scores[index] * 100 / most
            scores[index] = reversed ? 100 - scaled : scaled
        }
    }

    /// From the least, 0, to the most, 100.
    static func byRange(_ scores: inout [Int]) {
        guard let least = scores.min(), let most = scores.max(), most > least else {
            for index in scores.indices { scores[index] = 0 }
            return
        }
        for index in scores.indices { scores[index] = (scores[index] - least) * 100 / (most - least) }
    }
}
