import ClusterClient
import ClusterObjects

/// Deletes pods whose node is gone for good, and those that were never scheduled and are being deleted. Keys are pods.
/// (k8s.io/kubernetes/pkg/controller/podgc)
struct PodGarbageCollector: Controller {
    let name = "pod-garbage-collector-controller"
    /// Seconds a node must have been gone.
    static let quarantine = 40.0

    var watches: [Watched] {
        [
            Watched(.pods) { _, new, cluster in
                guard let new else { return [] }
                let node = Pod(new).nodeName
                if node.isEmpty { return new.isBeingDeleted ? [new.key] : [] }
                return cluster.object(.nodes, ObjectKey(name: node)) == nil ? [new.key] : []
            },
            Watched(.nodes) { old, new, cluster in
                guard new == nil, let old else { return [] }
                return cluster.pods(onNode: old.name).map(\.key)
            },
        ]
    }

    func lookups(for key: ObjectKey, in cluster: any ClusterView) -> [Lookup] {
        guard let pod = cluster.object(.pods, key).map(Pod.init), !pod.nodeName.isEmpty,
            cluster.object(.nodes, ObjectKey(name: pod.nodeName)) == nil
        else { return [] }
        return [.get(.nodes, ObjectKey(name: pod.nodeName))]
    }

    func reconcile(_ request: Reconciliation) -> Decision {
        guard let pod = request.cluster.object(.pods, request.key).map(Pod.init) else { return .nothing }
        if pod.nodeName.isEmpty {
            return pod.isBeingDeleted ? Decision(steps: [[.delete(.pods, pod.object, grace: 0)]]) : .nothing
        }
        let nodeKey = ObjectKey(name: pod.nodeName)
        guard request.cluster.object(.nodes, nodeKey) == nil else { return .nothing }
        switch request.answers[.get(.nodes, nodeKey)] {
        case .failure(let error) where error.isNotFound: break
        case .failure, nil: return Decision(requeueAfter: 20)
        case .success: return .nothing
        }
        let due = request.due ?? request.now + Self.quarantine
        guard due <= request.now else { return Decision(requeueAfter: due - request.now) }
        var decision = Decision()
        if !pod.isFinished {
            decision.then(
                Disruption.mark(
                    pod, reason: "DeletionByPodGC", message: "PodGC: node no longer exists", phase: "Failed", at: request.now))
        }
        decision.then(Change.delete(.pods, pod.object, grace: 0))
        return decision
    }
}
