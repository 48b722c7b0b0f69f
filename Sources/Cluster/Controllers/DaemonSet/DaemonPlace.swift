import ClusterObjects

/// Where a DaemonSet's pods belong.
struct DaemonPlace {
    let match: NodeMatch
    let tolerations: [Toleration]

    init(_ set: DaemonSet) {
        let spec = set.template?["spec"]
        match = NodeMatch(spec: spec)
        let own = spec.map { Array($0.elements("tolerations")) } ?? []
        tolerations = (own + DaemonPlace.tolerations(hostNetwork: spec?["hostNetwork"]?.bool ?? false).map(\.tree)).map(Toleration.init)
    }

    /// What daemon pods put up with besides what their template says.
    static func tolerations(hostNetwork: Bool) -> [Value] {
        var all: [(String, String)] = [
            ("not-ready", "NoExecute"), ("unreachable", "NoExecute"), ("disk-pressure", "NoSchedule"),
            ("memory-pressure", "NoSchedule"), ("pid-pressure", "NoSchedule"), ("unschedulable", "NoSchedule"),
        ]
        if hostNetwork { all.append(("network-unavailable", "NoSchedule")) }
        return all.map { key, effect in
            ["key": .string("node.kubernetes.io/\(key)"), "operator": "Exists", "effect": .string(effect)]
        }
    }

    /// Whether a pod should be on the node, and whether one that is there may stay.
    func verdict(_ node: Node) -> (runs: Bool, stays: Bool) {
        guard match.allows(node) else { return (false, false) }
        let untolerated = node.taints.map(Taint.init).filter { taint in
            taint.repels && !tolerations.contains { $0.tolerates(taint) }
        }
        guard !untolerated.isEmpty else { return (true, true) }
        return (false, !untolerated.contains { $0.effect == "NoExecute" })
    }

    /// The node a daemon pod runs on, or waits for.
    static func node(of pod: Pod) -> String {
        if !pod.nodeName.isEmpty { return pod.nodeName }
        let affinity = pod.spec?["affinity"]?["nodeAffinity"]?["requiredDuringSchedulingIgnoredDuringExecution"]
        for term in affinity?.elements("nodeSelectorTerms") ?? Tree.noElements {
            for field in term.elements("matchFields") where field["key"]?.string == "metadata.name" {
                if let name = field["values"]?.strings.first { return name }
            }
        }
        return ""
    }
}
