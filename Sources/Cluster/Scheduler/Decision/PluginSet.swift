/// The plugins that have something to say about one pod, made from one state, in Kubernetes' order.
struct PluginSet: Sendable {
    let filters: [any FilterPlugin]
    let scores: [any ScorePlugin]
    let volumes: VolumeBinding?
    /// Whether what runs on other nodes matters for a node.
    let looksAround: Bool

    init(_ pod: PodInfo, _ state: SchedulingState) {
        let fit = NodeResourcesFit(pod: pod, nominated: state.nominated)
        let taints = TaintToleration(pod: pod)
        var filters: [any FilterPlugin] = [NodeUnschedulable(pod: pod), taints]
        var scores: [any ScorePlugin] = [fit, taints]
        if let balance = BalancedAllocation(pod: pod) { scores.append(balance) }
        if !pod.nodeSelector.isEmpty || pod.nodeTerms != nil || !pod.preferredNodeTerms.isEmpty {
            let affinity = NodeAffinity(pod: pod)
            filters.append(affinity)
            if !pod.preferredNodeTerms.isEmpty { scores.append(affinity) }
        }
        if !pod.ports.isEmpty { filters.append(NodePorts(pod: pod)) }
        filters.append(fit)
        if let restrictions = VolumeRestrictions(pod, state) { filters.append(restrictions) }
        volumes = VolumeBinding(pod, state)
        if let volumes { filters.append(volumes) }
        let spread = TopologySpread(pod, state)
        if let spread {
            filters.append(spread)
            scores.append(spread)
        } else if !pod.ownerUID.isEmpty {
            scores.append(OwnerSpread(pod: pod))
        }
        let affinity = InterPodAffinity(pod, state)
        if let affinity {
            filters.append(affinity)
            scores.append(affinity)
        }
        looksAround = spread != nil || affinity != nil
        self.filters = filters
        self.scores = scores
    }

    /// The first plugin's rejection; nil when the pod fits.
    func filter(_ node: NodeState) -> Rejection? {
        for plugin in filters { if let rejection = plugin.filter(node) { return rejection } }
        return nil
    }
}
