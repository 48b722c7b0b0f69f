import ClusterClient
import ClusterObjects

/// Keeps as many pods as a ReplicaSet or ReplicationController asks for.
///
/// Failed and succeeded pods do not count and are left alone; pods that match and belong to nobody are adopted.
/// (k8s.io/kubernetes/pkg/controller/replicaset)
struct ReplicaSetController: Controller {
    /// The two kinds it keeps.
    enum Flavour: Sendable { case replicaSet, replicationController }

    let flavour: Flavour
    var resource: GroupVersionResource { flavour == .replicaSet ? .replicaSets : .replicationControllers }
    var kind: String { flavour == .replicaSet ? "ReplicaSet" : "ReplicationController" }
    var apiVersion: String { flavour == .replicaSet ? "apps/v1" : "v1" }
    var name: String { flavour == .replicaSet ? "replicaset-controller" : "replication-controller" }

    static let burst = 500

    var watches: [Watched] {
        [.primary(resource), .owned(.pods, byKind: kind, of: resource, selector: selector)]
    }

    private var selector: @Sendable (APIObject) -> LabelSelector {
        let isReplicaSet = flavour == .replicaSet
        return { object in
            isReplicaSet
                ? LabelSelector(object.spec?["selector"]) : LabelSelector(matching: object.spec?["selector"]?.stringMap ?? [:])
        }
    }

    func reconcile(_ request: Reconciliation) -> Decision {
        guard let object = request.cluster.object(resource, request.key) else { return .nothing }
        let set = ReplicaSet(object)
        let selector = selector(object)
        let candidates = request.cluster.candidates(.pods, of: object, selector).map(Pod.init)
        let ownership = Ownership(
            owner: object, apiVersion: apiVersion, kind: kind, resource: .pods, selector: selector)
        let claim = ownership.claim(candidates.filter(\.isActive).map(\.object))
        let active = claim.owned.map(Pod.init)
        let terminating = candidates.count { $0.isTerminating && $0.object.controller?.uid == set.uid }

        var decision = Decision()
        decision.then(claim.changes)
        let difference = set.replicas - active.count
        if !set.isBeingDeleted {
            if difference > 0 {
                decision.then(creations(set, count: min(difference, Self.burst)))
            } else if difference < 0 {
                decision.then(deletions(set, active, count: min(-difference, Self.burst), request))
            }
        }
        let now = request.now
        decision.afterwards = { outcome in
            status(set, active: active, terminating: terminating, difference: difference, outcome, at: now)
        }
        if set.minReadySeconds > 0 {
            let next = active.compactMap { $0.availableIn(set.minReadySeconds, at: now) }.min()
            if let next { decision.requeue(after: next + 0.01) }
        }
        return decision
    }

    private func creations(_ set: ReplicaSet, count: Int) -> [Change] {
        let pod = PodTemplate.pod(set.template?.value ?? .emptyObject, owner: set.object, apiVersion: apiVersion, kind: kind)
        let subject = EventSubject(set.object, apiVersion: apiVersion, kind: kind)
        let change = Change.create(.pods, namespace: set.namespace, pod)
            .telling(
                success: { EventDraft(subject, .normal, "SuccessfulCreate", "Created pod: \($0)") },
                failure: { error in
                    error.isNamespaceTerminating
                        ? nil : EventDraft(subject, .warning, "FailedCreate", "Error creating: \(error)")
                })
        return Array(repeating: change, count: count)
    }

    private func deletions(_ set: ReplicaSet, _ active: [Pod], count: Int, _ request: Reconciliation) -> [Change] {
        let subject = EventSubject(set.object, apiVersion: apiVersion, kind: kind)
        let victims = DeletionOrder.firstToGo(
            active, count: count, siblings: siblings(of: set, active, in: request.cluster), at: request.now)
        return victims.map { pod in
            Change.delete(.pods, pod.object)
                .telling(
                    success: { _ in EventDraft(subject, .normal, "SuccessfulDelete", "Deleted pod: \(pod.name)") },
                    failure: { EventDraft(subject, .warning, "FailedDelete", "Error deleting: \($0)") })
        }
    }

    /// The active pods of all sets of the same owner, by which nodes are ranked.
    private func siblings(of set: ReplicaSet, _ active: [Pod], in cluster: any ClusterView) -> [Pod] {
        guard let owner = set.object.controller else { return active }
        return cluster.objects(resource, controlledBy: owner.uid).flatMap { sibling in
            sibling.uid == set.uid
                ? active : cluster.objects(.pods, controlledBy: sibling.uid).map(Pod.init).filter(\.isActive)
        }
    }

    private func status(
        _ set: ReplicaSet, active: [Pod], terminating: Int, difference: Int, _ outcome: Outcome, at now: Timestamp
    ) -> Aftermath {
        var status: Value = ["replicas": Value(active.count), "observedGeneration": Value(set.generation)]
        if flavour == .replicaSet { status["terminatingReplicas"] = Value(terminating) }
        func count(_ field: String, _ number: Int) { if number > 0 { status[field] = Value(number) } }
        let labels = LabelSelector(matching: set.templateLabels)
        count("fullyLabeledReplicas", active.count { labels.matches($0.labels) })
        count("readyReplicas", active.count(where: \.isReady))
        count("availableReplicas", active.count { $0.isAvailable(after: set.minReadySeconds, at: now) })

        var conditions = Conditions(set.status)
        let failure = outcome.failure("create") ?? outcome.failure("delete")
        if let failure, !failure.isNamespaceTerminating {
            conditions.addIfAbsent(
                "ReplicaFailure", "True", difference > 0 ? "FailedCreate" : "FailedDelete", failure.message, at: now)
        } else if failure == nil {
            conditions.remove("ReplicaFailure")
        }
        status["conditions"] = conditions.value
        var aftermath = Aftermath()
        aftermath.forgivesFailures = outcome.failures.allSatisfy(\.isNamespaceTerminating)
        // A claim that failed says nothing about the pods; the retry will.
        guard outcome.failure("adopt") == nil, set.object.hasOtherStatus(than: status) else { return aftermath }
        aftermath.changes = [.updateStatus(resource, set.key, set.object.draft(withStatus: status))]
        return aftermath
    }
}
