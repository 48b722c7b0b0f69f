import ClusterClient
import ClusterObjects

/// Deletes pods whose node is gone for good, those being deleted that were never scheduled, and those being deleted whose node does not
/// answer and was declared out of service. Keys are pods.
/// (k8s.io/kubernetes/pkg/controller/podgc)
struct PodGarbageCollector: Controller {
    let name = "pod-garbage-collector-controller"
    /// Seconds a node must have been gone.
    static let quarantine = 40.0
    /// Somebody made sure that nothing runs there any more.
    private static let outOfService = "node.kubernetes.io/out-of-service"

    var watches: [Watched] {
        [
            Watched(.pods) { _, new, cluster in
                guard let new else { return [] }
                let node = Pod(new).nodeName
                if node.isEmpty { return new.isBeingDeleted ? [new.key] : [] }
                guard let node = cluster.object(.nodes, ObjectKey(name: node)) else { return [new.key] }
                return new.isBeingDeleted && Self.isOutOfService(node) ? [new.key] : []
            },
            Watched(.nodes) { old, new, cluster in
                if let new {
                    guard Self.isOutOfService(new) else { return [] }
                    return cluster.pods(onNode: new.name).filter(\.isBeingDeleted).map(\.key)
                }
                return old.map { cluster.pods(onNode: $0.name).map(\.key) } ?? []
            },
        ]
    }

    private static func isOutOfService(_ node: APIObject) -> Bool {
        let node = Node(node)
        return !node.isReady && node.taints.contains { $0["key"]?.string == outOfService }
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
        if let node = request.cluster.object(.nodes, nodeKey) {
            guard pod.isBeingDeleted, Self.isOutOfService(node) else { return .nothing }
            var decision = Decision()
            if !pod.isFinished { decision.then(Disruption.end(pod)) }
            decision.then(Change.delete(.pods, pod.object, grace: 0))
            return decision
        }
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
