import ClusterClient
import ClusterObjects
import Foundation

/// Starts Jobs by the clock, and keeps only the last of them (k8s.io/kubernetes/pkg/controller/cronjob).
struct CronJobController: Controller {
    let name = "cronjob-controller"

    var watches: [Watched] {
        [
            .primary(.cronJobs),
            Watched(.jobs) { old, new, cluster in
                guard let job = new ?? old, let owner = job.controller, owner.kind == "CronJob" else { return [] }
                return [ObjectKey(namespace: job.namespace, name: owner.name)]
            },
        ]
    }

    func reconcile(_ request: Reconciliation) -> Decision {
        guard let object = request.cluster.object(.cronJobs, request.key) else { return .nothing }
        let jobs = request.cluster.objects(.jobs, controlledBy: object.uid).map(Job.init)
        var pass = CronJobPass(cron: CronJob(object), jobs: jobs, now: request.now)
        pass.review()
        pass.prune()
        if !object.isBeingDeleted, !pass.cron.isSuspended { pass.start(offset: Self.offset(pass.cron.timeZone, request.now)) }
        return pass.finished()
    }

    /// Seconds that a zone is ahead of UTC.
    private static func offset(_ zone: String?, _ now: Timestamp) -> Int64 {
        guard let zone, let found = TimeZone(identifier: zone) else { return 0 }
        return Int64(found.secondsFromGMT(for: Date(timeIntervalSince1970: Double(now.seconds))))
    }
}
