import ClusterClient
import ClusterObjects

/// Runs pods until as many have succeeded as a Job asks for, or it has failed.
///
/// Every pod carries a finalizer until it is counted, so that none is missed and none counted twice: it is first named in
/// `status.uncountedTerminatedPods`, then let go, then added to the number; each of these steps is a reconcile of its own.
/// (k8s.io/kubernetes/pkg/controller/job; KEP-2307)
struct JobController: Controller {
    let name = "job-controller"
    static let burst = 500
    /// At most so many pods are named as uncounted at a time (MaxUncountedPods).
    static let uncountedLimit = 500

    var watches: [Watched] { [.primary(.jobs), .owned(.pods, byKind: "Job", of: .jobs)] }

    func reconcile(_ request: Reconciliation) -> Decision {
        guard let object = request.cluster.object(.jobs, request.key) else { return .nothing }
        let job = Job(object)
        guard !job.isFinished, !job.isManagedElsewhere else { return .nothing }
        let ownership = Ownership(
            owner: object, apiVersion: "batch/v1", kind: "Job", resource: .pods, selector: job.selector, finalizer: JobPod.finalizer)
        let claim = ownership.claim(request.cluster.candidates(.pods, of: object, job.selector))
        let situation = JobSituation(job, pods: claim.owned.map(Pod.init))
        var pass = JobPass(situation, at: request.now)
        pass.decision.then(claim.changes)
        pass.decide()
        return pass.decision
    }
}
