import ClusterClient
import ClusterObjects

/// Keeps pods with names of their own and claims that stay: made in order, removed and replaced in the reverse
/// (k8s.io/kubernetes/pkg/controller/statefulset).
struct StatefulSetController: Controller {
    let name = "statefulset-controller"

    var watches: [Watched] {
        [
            .primary(.statefulSets), .owned(.pods, byKind: "StatefulSet", of: .statefulSets), .read(.controllerRevisions),
            .read(.persistentVolumeClaims),
        ]
    }

    func reconcile(_ request: Reconciliation) -> Decision {
        guard let object = request.cluster.object(.statefulSets, request.key) else { return .nothing }
        let set = StatefulSet(object)
        let ownership = Ownership(
            owner: object, apiVersion: "apps/v1", kind: "StatefulSet", resource: .pods, selector: set.selector,
            mayAdopt: { StatefulPod.ordinal($0.name, of: set.name) != nil })
        let claim = ownership.claim(request.cluster.candidates(.pods, of: object, set.selector))
        var history = RevisionHistory(
            owner: object, kind: "StatefulSet", hashLabel: "controller.kubernetes.io/hash", collisions: set.collisionCount,
            selector: set.selector, in: request.cluster)
        var decision = Decision()
        guard !set.isBeingDeleted else { return decision }
        decision.then(claim.changes + history.claims)
        let (update, revisionChanges) = history.current(set.template?.value ?? .emptyObject)
        decision.then(revisionChanges)
        let current = history.entry(named: set.currentRevision) ?? update

        let pods = claim.owned.compactMap { StatefulPod(Pod($0), of: set) }
        var pass = StatefulSetPass(set: set, pods: pods, current: current, update: update, cluster: request.cluster, now: request.now)
        pass.decide()
        for step in pass.steps { decision.then(step) }
        if let wait = pods.compactMap({ $0.pod.availableIn(set.minReadySeconds, at: request.now) }).min() {
            decision.requeue(after: wait + 0.01)
        }
        let status = StatefulSetStatus(set: set, pods: pods, current: current, update: update).value(
            collisions: history.collisions ?? 0, at: request.now)
        let live = Set([current.name, update.name] + pods.map(\.revision))
        let truncation = history.truncation(limit: set.revisionHistoryLimit, live: live)
        decision.afterwards = { outcome in
            guard outcome.failure("adopt") == nil, outcome.failure("revision") == nil else { return Aftermath() }
            var aftermath = Aftermath(truncation)
            aftermath.forgivesFailures = !outcome.failures.isEmpty && outcome.failures.allSatisfy(\.isNamespaceTerminating)
            if object.hasOtherStatus(than: status) {
                aftermath.changes.append(.updateStatus(.statefulSets, set.key, object.draft(withStatus: status)))
            }
            return aftermath
        }
        return decision
    }
}
