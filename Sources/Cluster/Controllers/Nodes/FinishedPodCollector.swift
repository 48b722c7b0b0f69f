import ClusterClient
import ClusterObjects

/// Deletes finished pods once there are too many: evicted ones first, then those that were made first. It has one key, and looks twenty
/// seconds after a pod has finished at all that finished meanwhile. (k8s.io/kubernetes/pkg/controller/podgc)
struct FinishedPodCollector: Controller {
    let name = "pod-garbage-collector-controller"
    private static let everything = ObjectKey(name: "finished-pods")
    private static let delay = 20.0

    /// How many may stay; 0 for any number.
    let threshold: Int

    var watches: [Watched] {
        [
            Watched(.pods) { old, new, _ in
                guard threshold > 0, let new, Pod(new).isFinished, !(old.map { Pod($0).isFinished } ?? false) else { return [] }
                return [Self.everything]
            }
        ]
    }

    func reconcile(_ request: Reconciliation) -> Decision {
        let due = request.due ?? request.now + Self.delay
        guard due <= request.now else { return Decision(requeueAfter: due - request.now) }
        let finished = request.cluster.objects(.pods, in: nil).map(Pod.init).filter { $0.isFinished && !$0.isBeingDeleted }
        guard threshold > 0, finished.count > threshold else { return .nothing }
        func isEvicted(_ pod: Pod) -> Bool { pod.phase == "Failed" && pod.status?["reason"]?.string == "Evicted" }
        let order = finished.sorted { left, right in
            if isEvicted(left) != isEvicted(right) { return isEvicted(left) }
            let times = (left.object.creationTimestamp ?? request.now, right.object.creationTimestamp ?? request.now)
            return times.0 == times.1 ? left.name < right.name : times.0 < times.1
        }
        return Decision(steps: [order.prefix(finished.count - threshold).map { .delete(.pods, $0.object, grace: 0) }])
    }
}
