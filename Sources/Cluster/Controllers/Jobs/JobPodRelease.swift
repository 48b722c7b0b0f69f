import ClusterClient
import ClusterObjects

/// Lets go of pods whose Job is gone, finished or not theirs any more: removes the finalizer by which Jobs count their pods.
struct JobPodRelease: Controller {
    let name = "job-controller"

    var watches: [Watched] {
        [
            .primary(.pods),
            Watched(.jobs) { old, new, cluster in
                guard let job = old ?? new, new.map({ Job($0).isFinished || $0.isBeingDeleted }) ?? true else { return [] }
                return cluster.objects(.pods, controlledBy: job.uid).map(\.key)
            },
        ]
    }

    func reconcile(_ request: Reconciliation) -> Decision {
        guard let pod = request.cluster.object(.pods, request.key), pod.finalizers.contains(JobPod.finalizer) else { return .nothing }
        if let owner = pod.controller, owner.kind == "Job",
            let job = request.cluster.object(.jobs, ObjectKey(namespace: pod.namespace, name: owner.name)), job.uid == owner.uid,
            !Job(job).isFinished
        {
            return .nothing
        }
        return Decision(steps: [[JobPod.release(pod)]])
    }
}

extension JobPod {
    /// Removes the finalizer of this very pod.
    static func release(_ pod: APIObject) -> Change {
        let body: Value = ["metadata": ["uid": Value(pod.uid), "$deleteFromPrimitiveList/finalizers": [.string(finalizer)]]]
        return Change(.pods, namespace: pod.namespace, .patch(name: pod.name, subresource: nil, Patch(.strategic, body)), tag: "release")
            .tolerating { $0.isNotFound }
    }
}
