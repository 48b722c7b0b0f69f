import ClusterClient
import ClusterObjects

/// Deletes finished Jobs `ttlSecondsAfterFinished` after their end.
struct JobExpiry: Controller {
    let name = "ttl-after-finished-controller"
    var watches: [Watched] { [.primary(.jobs)] }

    func reconcile(_ request: Reconciliation) -> Decision {
        guard let object = request.cluster.object(.jobs, request.key), !object.isBeingDeleted else { return .nothing }
        let job = Job(object)
        guard let ttl = job.ttlSecondsAfterFinished, let end = job.finish?.lastTransitionTime else { return .nothing }
        let remaining = end + Double(ttl) - request.now
        guard remaining <= 0 else { return Decision(requeueAfter: remaining + 0.01) }
        return Decision(steps: [[.delete(.jobs, object, propagation: "Foreground")]])
    }
}
