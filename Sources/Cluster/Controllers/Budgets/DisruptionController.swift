import ClusterClient
import ClusterObjects

/// Says how many pods of a PodDisruptionBudget may be evicted (k8s.io/kubernetes/pkg/controller/disruption).
struct DisruptionController: Controller {
    let name = "controllermanager"
    /// An eviction that has deleted nothing after so long is forgotten.
    static let evictionTimeout = 120.0

    var watches: [Watched] {
        [
            .primary(.podDisruptionBudgets),
            Watched(.pods) { old, new, cluster in
                guard let namespace = (new ?? old)?.namespace else { return [] }
                return cluster.objects(.podDisruptionBudgets, in: namespace).filter { budget in
                    let selector = LabelSelector(budget.spec?["selector"])
                    return [old, new].contains { $0.map { selector.matches($0.labels) } ?? false }
                }.map(\.key)
            },
            .read(.replicaSets), .read(.deployments), .read(.replicationControllers), .read(.statefulSets),
        ]
    }

    func reconcile(_ request: Reconciliation) -> Decision {
        guard let budget = request.cluster.object(.podDisruptionBudgets, request.key) else { return .nothing }
        let selector = LabelSelector(budget.spec?["selector"])
        let pods = request.cluster.objects(.pods, in: budget.namespace).filter { selector.matches($0.labels) }.map(Pod.init)
        let subject = EventSubject(budget, apiVersion: "policy/v1", kind: "PodDisruptionBudget")
        var decision = Decision()
        if pods.isEmpty { decision.events.append(EventDraft(subject, .normal, "NoPods", "No matching pods found")) }

        let demand = demand(budget, pods, request.cluster)
        if demand.hasUnmanaged {
            decision.events.append(
                EventDraft(
                    subject, .warning, "UnmanagedPods",
                    "Pods selected by this PodDisruptionBudget (selector: &LabelSelector{}) were found to be unmanaged. "
                        + "As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. "
                        + "To account for these pods please set \".spec.minAvailable\" field of the PDB to an integer value."))
        }
        var disrupted: [String: String] = [:]
        for (name, time) in budget.status?["disruptedPods"]?.stringMap ?? [:] {
            guard let pod = pods.first(where: { $0.name == name }), !pod.isBeingDeleted, let since = Timestamp(time) else { continue }
            let remaining = since + Self.evictionTimeout - request.now
            guard remaining > 0 else { continue }
            disrupted[name] = time
            decision.requeue(after: remaining + 0.01)
        }
        let healthy = pods.count { !$0.isBeingDeleted && disrupted[$0.name] == nil && $0.isReady }
        let allowed = demand.expected > 0 ? max(0, healthy - demand.desired) : 0

        var status = budget.status?.value ?? .emptyObject
        status["currentHealthy"] = Value(healthy)
        status["desiredHealthy"] = Value(demand.desired)
        status["expectedPods"] = Value(demand.expected)
        status["disruptionsAllowed"] = Value(allowed)
        status["disruptedPods"] = disrupted.isEmpty ? nil : Value(disrupted)
        status["observedGeneration"] = Value(budget.generation)
        var conditions = Conditions(budget.status)
        conditions.set(
            "DisruptionAllowed", allowed > 0 ? "True" : "False", allowed > 0 ? "SufficientPods" : "InsufficientPods", "", at: request.now)
        if var condition = conditions["DisruptionAllowed"] {
            condition["observedGeneration"] = Value(budget.generation)
            conditions.replace("DisruptionAllowed", condition)
        }
        status["conditions"] = conditions.value
        if budget.hasOtherStatus(than: status) {
            decision.then(.updateStatus(.podDisruptionBudgets, budget.key, budget.draft(withStatus: status)))
        }
        return decision
    }

    private struct Demand {
        var expected: Int
        var desired: Int
        var hasUnmanaged = false
    }

    private func demand(_ budget: APIObject, _ pods: [Pod], _ cluster: any ClusterView) -> Demand {
        if let bound = budget.spec?["maxUnavailable"], !bound.isNull {
            let (expected, unmanaged) = scale(of: pods, cluster)
            return Demand(
                expected: expected, desired: max(0, expected - bound.scaled(of: expected, roundingUp: true)), hasUnmanaged: unmanaged)
        }
        guard let bound = budget.spec?["minAvailable"], !bound.isNull else { return Demand(expected: pods.count, desired: 1) }
        if let number = bound.int { return Demand(expected: pods.count, desired: number) }
        let (expected, unmanaged) = scale(of: pods, cluster)
        return Demand(expected: expected, desired: bound.scaled(of: expected, roundingUp: true), hasUnmanaged: unmanaged)
    }

    /// The replicas asked for by all that control one of the pods.
    private func scale(of pods: [Pod], _ cluster: any ClusterView) -> (count: Int, hasUnmanaged: Bool) {
        var scales: [String: Int] = [:]
        var unmanaged = false
        for pod in pods {
            guard let owner = pod.object.controller else {
                unmanaged = true
                continue
            }
            let resource: GroupVersionResource? =
                switch owner.kind {
                case "ReplicaSet": .replicaSets
                case "ReplicationController": .replicationControllers
                case "StatefulSet": .statefulSets
                default: nil
                }
            let key = ObjectKey(namespace: pod.namespace, name: owner.name)
            guard let resource, let set = cluster.object(resource, key), set.uid == owner.uid else { continue }
            if let above = set.controller, above.kind == "Deployment",
                let deployment = cluster.object(.deployments, ObjectKey(namespace: pod.namespace, name: above.name)),
                deployment.uid == above.uid
            {
                scales[deployment.uid] = Deployment(deployment).replicas
            } else {
                scales[set.uid] = set.spec?["replicas"]?.int ?? 1
            }
        }
        return (scales.values.reduce(0, +), unmanaged)
    }
}
