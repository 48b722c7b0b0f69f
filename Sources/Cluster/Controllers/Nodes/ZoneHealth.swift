import ClusterObjects

/// How the zones fare, which decides whether pods are moved off nodes that are not ready: not when everything is down (then it is
/// more likely the network, or us), slowly when much of a zone is. (kube-controller-manager's --node-eviction-rate 0.1,
/// --secondary-node-eviction-rate 0.01, --large-cluster-size-threshold 50, --unhealthy-zone-threshold 0.55)
struct ZoneHealth {
    private struct Zone {
        var ready = 0
        var unready = 0
        var lastMarked: Timestamp?
    }

    private var zones: [String: Zone] = [:]

    /// O(nodes).
    init(_ nodes: [Node]) {
        for node in nodes {
            var zone = zones[ZoneHealth.name(node)] ?? Zone()
            if node.isReady { zone.ready += 1 } else { zone.unready += 1 }
            if let since = NodeTaint.markedSince(node) { zone.lastMarked = max(zone.lastMarked ?? since, since) }
            zones[ZoneHealth.name(node)] = zone
        }
    }

    static func name(_ node: Node) -> String {
        "\(node.labels["topology.kubernetes.io/region"] ?? ""):\(node.labels["topology.kubernetes.io/zone"] ?? "")"
    }

    /// No zone has a node that is ready.
    var isMasterDisrupted: Bool { zones.values.allSatisfy { $0.ready == 0 } }

    /// Whether the node's pods are to go now, or already are to.
    func evicts(_ node: Node, at now: Timestamp) -> Bool {
        guard !isMasterDisrupted, let zone = zones[ZoneHealth.name(node)] else { return false }
        if NodeTaint.isMarked(node) { return true }
        guard let pause = pause(zone) else { return false }
        return zone.lastMarked.map { now - $0 >= pause } ?? true
    }

    /// Seconds between two nodes of a zone; nil: none now.
    private func pause(_ zone: Zone) -> Double? {
        let total = zone.ready + zone.unready
        let isPartlyDown = zone.ready > 0 && zone.unready > 2 && Double(zone.unready) / Double(total) >= 0.55
        guard isPartlyDown else { return 10 }
        return total > 50 ? 100 : nil
    }
}
