import ClusterObjects

/// Where a pod goes, or why it goes nowhere. Pure: a function of the pod and the state.
enum Placement: Sendable {
    case node(String, bindings: [VolumeBinding.Binding])
    case nowhere(Diagnosis)

    /// How many feasible nodes are enough: all of up to 100, then a shrinking share, never fewer than 100.
    static func enough(of nodes: Int) -> Int {
        guard nodes > 100 else { return nodes }
        let percentage = max(5, 50 - nodes / 125)
        return max(100, nodes * percentage / 100)
    }

    /// O(nodes looked at × plugins). Moves the state's starting point on by what was looked at.
    static func of(_ pod: PodInfo, in state: inout SchedulingState) -> Placement {
        guard state.presentNodes > 0 else { return .nowhere(Diagnosis(nodes: 0)) }
        let plugins = PluginSet(pod, state)
        var diagnosis = Diagnosis(nodes: state.presentNodes)
        if let refusal = plugins.volumes?.refusal {
            diagnosis.refusal = refusal
            diagnosis.plugins = [.volumeBinding]
            return .nowhere(diagnosis)
        }
        if let names = pod.onlyNodes, names.isEmpty {
            diagnosis.refusal = "pod affinity terms conflict"
            diagnosis.plugins = [.nodeAffinity]
            return .nowhere(diagnosis)
        }
        // Where it has made room, if it still fits.
        if !pod.nominatedNode.isEmpty, let node = state.node(pod.nominatedNode), node.isPresent, plugins.filter(node) == nil {
            return .node(node.name, bindings: plugins.volumes?.bindings(on: node) ?? [])
        }
        let total = state.nodes.count
        let enough = enough(of: state.presentNodes)
        // Small clusters are always searched from the start, so that the same input gives the same place.
        let start = state.presentNodes > 100 ? state.searchStart % total : 0
        var feasible: [Int] = []
        func look(_ slot: Int) {
            guard state.nodes[slot].isPresent else { return }
            if let rejection = plugins.filter(state.nodes[slot]) {
                diagnosis.rejections.append((slot, rejection))
                diagnosis.plugins.insert(rejection.plugin)
            } else {
                feasible.append(slot)
            }
        }
        if let names = pod.onlyNodes {
            // A daemon's pod is for one node: no other is looked at.
            let slots = names.compactMap(state.slot(of:)).filter { state.nodes[$0].isPresent }.sorted()
            slots.forEach(look)
            diagnosis.notLookedAt = state.presentNodes - slots.count
            if diagnosis.notLookedAt > 0 { diagnosis.plugins.insert(.nodeAffinity) }
        } else {
            var looked = 0
            while looked < total, feasible.count < enough {
                look(start + looked < total ? start + looked : start + looked - total)
                looked += 1
            }
            state.searchStart = (start + looked) % total
        }
        guard let slot = best(feasible, plugins, state) else { return .nowhere(diagnosis) }
        let node = state.nodes[slot]
        return .node(node.name, bindings: plugins.volumes?.bindings(on: node) ?? [])
    }

    private static func best(_ feasible: [Int], _ plugins: PluginSet, _ state: SchedulingState) -> Int? {
        guard feasible.count > 1 else { return feasible.first }
        var totals = [Int](repeating: 0, count: feasible.count)
        for plugin in plugins.scores {
            let scores = plugin.scores(of: feasible, in: state)
            for index in totals.indices { totals[index] += scores[index] * plugin.weight }
        }
        var winner = 0
        for index in totals.indices.dropFirst() {
            if totals[index] > totals[winner]
                || (totals[index] == totals[winner] && state.nodes[feasible[index]].name < state.nodes[feasible[winner]].name)
            {
                winner = index
            }
        }
        return feasible[winner]
    }
}

/// Why no node would take a pod.
struct Diagnosis: Sendable {
    var nodes: Int
    var rejections: [(slot: Int, rejection: Rejection)] = []
    /// Nodes that its node affinity rules out by their names.
    var notLookedAt = 0
    /// A reason that has nothing to do with nodes.
    var refusal: String?
    var plugins: Set<PluginName> = []
    /// What came of trying to make room; nil when room was made.
    var preemption: String?

    init(nodes: Int) { self.nodes = nodes }

    /// Worded as kube-scheduler's FitError.
    var message: String {
        guard nodes > 0 else { return "no nodes available to schedule pods" }
        if let refusal { return "0/\(nodes) nodes are available: \(refusal). not found" }
        var text = "0/\(nodes) nodes are available:"
        let unsatisfied = [String](repeating: "node(s) didn't satisfy plugin(s) [NodeAffinity]", count: notLookedAt)
        let reasons = Diagnosis.histogram(rejections.flatMap(\.rejection.reasons) + unsatisfied)
        if !reasons.isEmpty { text += " \(reasons)." }
        if let preemption { text += " no new claims to deallocate, preemption: \(preemption)" }
        return text
    }

    static func histogram(_ reasons: [String]) -> String {
        Dictionary(reasons.map { ($0, 1) }, uniquingKeysWith: +).map { "\($0.value) \($0.key)" }.sorted().joined(separator: ", ")
    }
}
