import ClusterClient
import ClusterObjects

/// Keeps one pod on every node that a DaemonSet wants (k8s.io/kubernetes/pkg/controller/daemon).
struct DaemonSetController: Controller {
    let name = "daemonset-controller"
    static let hashLabel = "controller-revision-hash"

    var watches: [Watched] {
        [
            .primary(.daemonSets), .owned(.pods, byKind: "DaemonSet", of: .daemonSets), .read(.controllerRevisions),
            Watched(.nodes) { _, node, cluster in
                guard let node = node.map(Node.init) else { return [] }
                // Only what makes pods come or go wakes a set; its status follows at the next occasion, as upstream.
                return cluster.objects(.daemonSets, in: nil).compactMap { object in
                    let verdict = DaemonPlace(DaemonSet(object)).verdict(node)
                    let isThere = cluster.objects(.pods, controlledBy: object.uid).contains { DaemonPlace.node(of: Pod($0)) == node.name }
                    return verdict.runs && !isThere || !verdict.stays && isThere ? object.key : nil
                }
            },
        ]
    }

    func reconcile(_ request: Reconciliation) -> Decision {
        guard let object = request.cluster.object(.daemonSets, request.key), !object.isBeingDeleted else { return .nothing }
        let set = DaemonSet(object)
        let selector = set.selector
        guard !selector.isEverything else {
            var decision = Decision()
            let subject = EventSubject(object, apiVersion: "apps/v1", kind: "DaemonSet")
            decision.events = [
                EventDraft(
                    subject, .warning, "SelectingAll", "This daemon set is selecting all pods. A non-empty selector is required.")
            ]
            return decision
        }
        let ownership = Ownership(owner: object, apiVersion: "apps/v1", kind: "DaemonSet", resource: .pods, selector: selector)
        let claim = ownership.claim(request.cluster.candidates(.pods, of: object, selector))
        var history = RevisionHistory(
            owner: object, kind: "DaemonSet", hashLabel: Self.hashLabel, collisions: set.collisionCount, selector: selector,
            in: request.cluster)
        var decision = Decision()
        decision.then(claim.changes + history.claims)
        let (revision, changes) = history.current(set.template?.value ?? .emptyObject)
        decision.then(changes)

        let pods = claim.owned.map(Pod.init).filter { !($0.isFinished && $0.isBeingDeleted) }
        let nodes = request.cluster.objects(.nodes, in: nil).map(Node.init).sorted { $0.name < $1.name }
        var pass = DaemonSetPass(set: set, hash: revision.hash, nodes: nodes, pods: pods, now: request.now)
        pass.decide()
        decision.events += pass.events
        decision.then(pass.creations)
        decision.then(pass.deletions)
        if let wait = pods.compactMap({ $0.availableIn(set.minReadySeconds, at: request.now) }).min() {
            decision.requeue(after: wait + 0.01)
        }
        if let wait = pass.wait { decision.requeue(after: wait) }

        let status = pass.status(collisions: history.collisions)
        let live = Set([revision.hash] + claim.owned.map { $0.labels[Self.hashLabel] ?? "" })
        let truncation = history.truncation(limit: set.revisionHistoryLimit, live: live)
        decision.afterwards = { outcome in
            guard outcome.failure("adopt") == nil, outcome.failure("revision") == nil else { return Aftermath() }
            var aftermath = Aftermath(truncation)
            aftermath.forgivesFailures = !outcome.failures.isEmpty && outcome.failures.allSatisfy(\.isNamespaceTerminating)
            if object.hasOtherStatus(than: status) {
                aftermath.changes.append(.updateStatus(.daemonSets, set.key, object.draft(withStatus: status)))
            }
            return aftermath
        }
        return decision
    }
}
