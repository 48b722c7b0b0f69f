import ClusterObjects

/// The node exists and is not cordoned.
struct NodeUnschedulable: FilterPlugin {
    let pod: PodInfo
    private static let taint = Taint(key: "node.kubernetes.io/unschedulable", effect: "NoSchedule")

    func filter(_ node: NodeState) -> Rejection? {
        guard node.isUnschedulable, !pod.tolerates(Self.taint) else { return nil }
        return Rejection(.nodeUnschedulable, "node(s) were unschedulable", resolvable: false)
    }
}

/// The pod tolerates the node's taints; those that only discourage count against it.
struct TaintToleration: FilterPlugin, ScorePlugin {
    let pod: PodInfo
    let weight = 3

    func filter(_ node: NodeState) -> Rejection? {
        guard node.taints.contains(where: { $0.repels && !pod.tolerates($0) }) else { return nil }
        return Rejection(.taintToleration, "node(s) had untolerated taint(s)", resolvable: false)
    }

    func score(_ node: NodeState) -> Int { node.taints.count { $0.effect == "PreferNoSchedule" && !pod.tolerates($0) } }
    func normalise(_ scores: inout [Int]) { Normalise.byMaximum(&scores, reversed: true) }
}

/// The node has the labels that the pod selects.
struct NodeAffinity: FilterPlugin, ScorePlugin {
    let pod: PodInfo
    let weight = 2

    func filter(_ node: NodeState) -> Rejection? {
        pod.accepts(node) ? nil : Rejection(.nodeAffinity, "node(s) didn't match Pod's node affinity/selector", resolvable: false)
    }

    func score(_ node: NodeState) -> Int {
        pod.preferredNodeTerms.reduce(0) { $0 + ($1.term.matches(node.labels, name: node.name) ? $1.weight : 0) }
    }
    func normalise(_ scores: inout [Int]) { Normalise.byMaximum(&scores, reversed: false) }
}

/// The host's ports that the pod wants are free.
struct NodePorts: FilterPlugin {
    let pod: PodInfo

    func filter(_ node: NodeState) -> Rejection? {
        guard pod.ports.contains(where: { wanted in node.ports.contains { $0.conflicts(with: wanted) } }) else { return nil }
        return Rejection(.nodePorts, "node(s) didn't have free ports for the requested pod ports", resolvable: true)
    }
}

/// The node has what the pod asks for left, pods nominated to it of no lower priority counted in.
struct NodeResourcesFit: FilterPlugin, ScorePlugin {
    let pod: PodInfo
    let nominated: [String: [String: PodInfo]]
    let weight = 1

    func filter(_ node: NodeState) -> Rejection? {
        var requested = node.requested
        var count = node.pods.count
        if !nominated.isEmpty, let waiting = nominated[node.name] {
            for other in waiting.values where other.uid != pod.uid && other.priority >= pod.priority {
                requested += other.requests
                count += 1
            }
        }
        let (wanted, has) = (pod.requests, node.allocatable)
        if count < node.allowedPods, fits(wanted.cpu, requested.cpu, has.cpu), fits(wanted.memory, requested.memory, has.memory),
            fits(wanted.storage, requested.storage, has.storage), wanted.others.isEmpty
        {
            return nil
        }
        var reasons: [String] = []
        var resolvable = true
        func check(_ name: String, _ wanted: Int, _ taken: Int, _ all: Int) {
            guard !fits(wanted, taken, all) else { return }
            reasons.append("Insufficient \(name)")
            if wanted > all { resolvable = false }
        }
        if count >= node.allowedPods {
            reasons.append("Too many pods")
            if node.allowedPods < 1 { resolvable = false }
        }
        check("cpu", wanted.cpu, requested.cpu, has.cpu)
        check("memory", wanted.memory, requested.memory, has.memory)
        check("ephemeral-storage", wanted.storage, requested.storage, has.storage)
        for (name, amount) in wanted.others.sorted(by: { $0.key < $1.key }) {
            check(name, amount, requested.others[name] ?? 0, has.others[name] ?? 0)
        }
        return reasons.isEmpty ? nil : Rejection(.nodeResourcesFit, reasons, resolvable: resolvable)
    }

    @inline(__always)
    private func fits(_ wanted: Int, _ taken: Int, _ all: Int) -> Bool { wanted == 0 || wanted <= all - taken }

    /// Least allocated first.
    func score(_ node: NodeState) -> Int {
        var sum = 0
        var count = 0
        func add(_ wanted: Int, _ taken: Int, _ all: Int) {
            guard all > 0 else { return }
            count += 1
            let used = taken.addingCapped(wanted)
            if used > all { return }
            let (hundredfold, overflow) = (all - used).multipliedReportingOverflow(by: 100)
            sum += overflow ? (all - used) / (all / 100) : hundredfold / all
        }
        add(pod.estimated.cpu, node.estimated.cpu, node.allocatable.cpu)
        add(pod.estimated.memory, node.estimated.memory, node.allocatable.memory)
        return count == 0 ? 0 : sum / count
    }
}

/// Prefers nodes whose CPU and memory would be used to the same degree. Has nothing to say of pods that ask for neither.
struct BalancedAllocation: ScorePlugin {
    let pod: PodInfo
    let weight = 1

    init?(pod: PodInfo) {
        guard pod.requests.cpu > 0 || pod.requests.memory > 0 else { return nil }
        self.pod = pod
    }

    func score(_ node: NodeState) -> Int {
        func share(_ wanted: Int, _ taken: Int, _ all: Int) -> Double? {
            all <= 0 ? nil : min(1, Double(taken.addingCapped(wanted)) / Double(all))
        }
        guard let cpu = share(pod.requests.cpu, node.requested.cpu, node.allocatable.cpu),
            let memory = share(pod.requests.memory, node.requested.memory, node.allocatable.memory)
        else { return 100 }
        return Int((1 - abs((cpu - memory) / 2)) * 100)
    }
}
