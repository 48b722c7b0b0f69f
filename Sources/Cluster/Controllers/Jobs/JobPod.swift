import ClusterObjects

/// A pod as its Job sees it.
struct JobPod {
    static let finalizer = "batch.kubernetes.io/job-tracking"
    static let indexKey = "batch.kubernetes.io/job-completion-index"
    static let failureCountKey = "batch.kubernetes.io/job-index-failure-count"
    static let ignoredCountKey = "batch.kubernetes.io/job-index-ignored-failure-count"

    var pod: Pod
    /// Counted as failed, or to be: one that is being deleted never gets to say how it ended.
    var hasFailed: Bool

    init(_ pod: Pod, of job: Job) {
        self.pod = pod
        hasFailed =
            pod.phase == "Failed" || (!job.replacesOnlyFailed && pod.isBeingDeleted && pod.phase != "Succeeded")
    }

    var uid: String { pod.uid }
    var hasSucceeded: Bool { pod.phase == "Succeeded" }
    /// Not counted yet.
    var isTracked: Bool { pod.object.finalizers.contains(JobPod.finalizer) }
    var index: Int? { pod.annotations[JobPod.indexKey].flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil } }
    var failureCount: Int { pod.annotations[JobPod.failureCountKey].flatMap { Int($0) } ?? 0 }
    var ignoredCount: Int { pod.annotations[JobPod.ignoredCountKey].flatMap { Int($0) } ?? 0 }

    /// When its last container ended, or it was deleted.
    func finished(at now: Timestamp) -> Timestamp {
        let ends = pod.containerStatuses.compactMap {
            $0["state"]?["terminated"]?["finishedAt"]?.string.flatMap { Timestamp($0) }
        }
        if let end = ends.max() { return end }
        if let deleted = pod.object.deletionTimestamp {
            return deleted + -Double(pod.object.deletionGracePeriodSeconds ?? 0)
        }
        return pod.condition("Ready")?.lastTransitionTime ?? pod.object.creationTimestamp ?? now
    }
}

/// How long a Job waits after failures: 10 s, 20 s, … up to ten minutes after the last one.
enum JobBackoff {
    static func remaining(failures: Int, since last: Timestamp, at now: Timestamp) -> Double {
        guard failures > 0 else { return 0 }
        let wait = min(10 * Double(UInt64(1) << UInt64(min(failures - 1, 20))), 600)
        return max(0, wait - (now - last))
    }

    /// Of the failures after the last success. Pods that are gone have no say.
    static func remaining(_ pods: [JobPod], at now: Timestamp) -> Double {
        let lastSuccess = pods.filter(\.hasSucceeded).map { $0.finished(at: now) }.max()
        let failures = pods.filter(\.hasFailed).map { $0.finished(at: now) }.filter { time in lastSuccess.map { time > $0 } ?? true }
        guard let last = failures.max() else { return 0 }
        return remaining(failures: failures.count, since: last, at: now)
    }
}
