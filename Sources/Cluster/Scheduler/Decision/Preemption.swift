import ClusterObjects

/// Makes room for a pod by removing pods of lower priority from one node. Pure.
/// (k8s.io/kubernetes/pkg/scheduler/framework/preemption)
struct Preemption: Sendable {
    var node: String
    var victims: [PodInfo]

    enum Result: Sendable {
        case makesRoom(Preemption)
        /// Why not, as told in the FailedScheduling message.
        case no(String)
    }

    private struct Candidate {
        var node: String
        /// The most important first.
        var victims: [PodInfo]
        var violations: Int
    }

    static func of(_ pod: PodInfo, _ diagnosis: Diagnosis, in state: SchedulingState) -> Result {
        guard pod.preempts else { return .no("not eligible due to preemptionPolicy=Never.") }
        if !pod.nominatedNode.isEmpty, let node = state.node(pod.nominatedNode),
            node.pods.values.contains(where: { $0.isTerminating && $0.priority < pod.priority })
        {
            return .no("not eligible due to a terminating pod on the nominated node.")
        }
        var budgets = Budgets(state)
        var candidates: [Candidate] = []
        var reasons = [String](repeating: "Preemption is not helpful for scheduling", count: diagnosis.notLookedAt)
        let plugins = PluginSet(pod, state)
        let enough = Placement.enough(of: max(diagnosis.nodes, 1))
        for (slot, rejection) in diagnosis.rejections {
            guard rejection.isResolvable else {
                reasons.append("Preemption is not helpful for scheduling")
                continue
            }
            guard candidates.count < enough else { break }
            switch dryRun(pod, slot, plugins, state, &budgets) {
            case .success(let candidate): candidates.append(candidate)
            case .failure(let refused): reasons += refused.reasons
            }
        }
        guard let best = candidates.min(by: isBetter) else {
            return .no("0/\(diagnosis.nodes) nodes are available: \(Diagnosis.histogram(reasons)).")
        }
        return .makesRoom(Preemption(node: best.node, victims: best.victims))
    }

    private struct Refused: Error { var reasons: [String] }

    private static func dryRun(
        _ pod: PodInfo, _ slot: Int, _ plugins: PluginSet, _ state: SchedulingState, _ budgets: inout Budgets
    ) -> Swift.Result<Candidate, Refused> {
        var node = state.nodes[slot]
        let lower = node.pods.values.filter { $0.priority < pod.priority }
        guard !lower.isEmpty else { return .failure(Refused(reasons: ["No preemption victims found for incoming pod"])) }
        for victim in lower { node.remove(victim.uid) }
        func rejects(_ node: NodeState) -> Rejection? {
            plugins.looksAround ? PluginSet(pod, state.replacing(slot, with: node)).filter(node) : plugins.filter(node)
        }
        if let rejection = rejects(node) { return .failure(Refused(reasons: rejection.reasons)) }
        // Give back whom there is room for, those whose budget would be broken first, the important ones first.
        let ordered = lower.sorted(by: isMoreImportant)
        let (violating, rest) = budgets.split(ordered)
        var victims: [PodInfo] = []
        var violations = 0
        for (group, violates) in [(violating, true), (rest, false)] {
            for victim in group {
                node.add(victim)
                guard rejects(node) != nil else { continue }
                node.remove(victim.uid)
                victims.append(victim)
                if violates { violations += 1 }
            }
        }
        guard !victims.isEmpty else { return .failure(Refused(reasons: ["No preemption victims found for incoming pod"])) }
        return .success(Candidate(node: node.name, victims: victims.sorted(by: isMoreImportant), violations: violations))
    }

    private static func isMoreImportant(_ a: PodInfo, _ b: PodInfo) -> Bool {
        if a.priority != b.priority { return a.priority > b.priority }
        return a.startTime == b.startTime ? a.key.name < b.key.name : a.startTime < b.startTime
    }

    private static func isBetter(_ a: Candidate, _ b: Candidate) -> Bool {
        if a.violations != b.violations { return a.violations < b.violations }
        let (x, y) = (a.victims.first?.priority ?? .min, b.victims.first?.priority ?? .min)
        if x != y { return x < y }
        // Offset as upstream does, so that fewer victims of negative priority are not worse.
        func sum(_ candidate: Candidate) -> Int { candidate.victims.reduce(0) { $0 + $1.priority + 1 << 31 } }
        if sum(a) != sum(b) { return sum(a) < sum(b) }
        if a.victims.count != b.victims.count { return a.victims.count < b.victims.count }
        func earliest(_ candidate: Candidate) -> Timestamp {
            let top = candidate.victims.first?.priority
            return candidate.victims.filter { $0.priority == top }.map(\.startTime).min() ?? Timestamp(microseconds: 0)
        }
        if earliest(a) != earliest(b) { return earliest(a) > earliest(b) }
        return a.node < b.node
    }
}

/// The disruption budgets of the cluster, read when first needed.
private struct Budgets {
    private let all: [(namespace: String, selector: LabelSelector, disrupted: Set<String>, allowed: Int)]

    init(_ state: SchedulingState) {
        all = state.objects(.podDisruptionBudgets).map { budget in
            (
                budget.namespace, LabelSelector(budget.spec?["selector"]),
                Set((budget.status?["disruptedPods"]?.fields).map { $0.map(\.key) } ?? []),
                budget.status?["disruptionsAllowed"]?.int ?? 0
            )
        }
    }

    /// Pods whose removal would break a budget, and the others; both in the order given.
    func split(_ pods: [PodInfo]) -> (violating: [PodInfo], others: [PodInfo]) {
        var left = all.map(\.allowed)
        var violating: [PodInfo] = []
        var others: [PodInfo] = []
        for pod in pods {
            var violates = false
            for (index, budget) in all.enumerated()
            where budget.namespace == pod.key.namespace && !pod.labels.isEmpty && budget.selector.matches(pod.labels)
                && !budget.disrupted.contains(pod.key.name)
            {
                left[index] -= 1
                if left[index] < 0 { violates = true }
            }
            if violates { violating.append(pod) } else { others.append(pod) }
        }
        return (violating, others)
    }
}
