import ClusterObjects

/// What a Job's pods say about it: how many have ended and not been counted, what it has come to.
struct JobSituation {
    /// The condition that is about to end a Job, before its pods are all counted.
    struct Ending {
        var type: String
        var reason: String
        var message: String
        /// Already in the status, so that pods may be let go on its account.
        var isStored = false

        var isSuccess: Bool { type == "SuccessCriteriaMet" }
        var finalType: String { isSuccess ? "Complete" : "Failed" }

        static let completions = Ending(
            type: "SuccessCriteriaMet", reason: "CompletionsReached", message: "Reached expected number of succeeded pods")
        static func failure(_ reason: String, _ message: String) -> Ending {
            Ending(type: "FailureTarget", reason: reason, message: message)
        }
    }

    let job: Job
    let pods: [JobPod]
    let active: [JobPod]
    /// Being deleted, not yet ended.
    let terminating: [JobPod]
    let rules: PodFailureRules
    /// Uids in `status.uncountedTerminatedPods`.
    let uncountedSucceeded: Set<String>
    let uncountedFailed: Set<String>
    private(set) var succeededIndexes = CompletionIndexes()
    /// Nil without `backoffLimitPerIndex`.
    private(set) var failedIndexes: CompletionIndexes?
    /// The last failed pod of an index that is to be tried again; it carries the index's count of failures until its successor does.
    private(set) var held: [Int: JobPod] = [:]
    private(set) var succeeded: Int
    private(set) var failed: Int

    init(_ job: Job, pods: [Pod]) {
        self.job = job
        self.pods = pods.map { JobPod($0, of: job) }
        active = self.pods.filter(\.pod.isActive)
        terminating = self.pods.filter(\.pod.isTerminating)
        rules = PodFailureRules(rules: job.podFailureRules)
        let uncounted = job.status?["uncountedTerminatedPods"]
        uncountedSucceeded = Set(uncounted?["succeeded"]?.strings ?? [])
        uncountedFailed = Set(uncounted?["failed"]?.strings ?? [])
        succeeded = 0
        failed = 0
        let rules = rules
        let counted = uncountedSucceeded.union(uncountedFailed)
        let new = self.pods.filter { $0.isTracked && !counted.contains($0.uid) }
        succeeded = job.succeeded + uncountedSucceeded.count + new.count(where: \.hasSucceeded)
        failed = job.failed + uncountedFailed.count + new.count { $0.hasFailed && rules.match($0.pod).counts }
        if job.isIndexed { readIndexes() }
    }

    private mutating func readIndexes() {
        let completions = job.completions ?? 0
        succeededIndexes = CompletionIndexes(job.status?["completedIndexes"]?.string ?? "", below: completions)
        for pod in pods where pod.hasSucceeded && pod.isTracked {
            if let index = pod.index, index < completions { succeededIndexes.insert(index) }
        }
        succeeded = succeededIndexes.count
        guard let limit = job.backoffLimitPerIndex else { return }
        var failures = CompletionIndexes(job.status?["failedIndexes"]?.string ?? "", below: completions)
        // What is named as uncounted had its say, or was stopped with the Job.
        for pod in pods where pod.hasFailed && pod.isTracked && !uncountedFailed.contains(pod.uid) {
            guard let index = pod.index, index < completions else { continue }
            let match = rules.match(pod.pod)
            if match.action == .failIndex || match.counts && pod.failureCount >= limit { failures.insert(index) }
        }
        failedIndexes = failures
        let running = Set(active.compactMap(\.index))
        for pod in pods where pod.hasFailed && pod.isTracked {
            guard let index = pod.index, index < completions, !succeededIndexes.contains(index), !failures.contains(index),
                !running.contains(index)
            else { continue }
            if let other = held[index], other.failureCount + other.ignoredCount > pod.failureCount + pod.ignoredCount { continue }
            held[index] = pod
        }
    }

    /// What ends the Job, were nothing more done; nil when it goes on.
    func ending(at now: Timestamp) -> Ending? {
        for type in ["SuccessCriteriaMet", "FailureTarget"] {
            if let stored = job.condition(type), stored.isTrue {
                return Ending(type: type, reason: stored.reason, message: stored.message, isStored: true)
            }
        }
        if job.podFailureRules != nil {
            for pod in pods where pod.hasFailed {
                if let message = rules.match(pod.pod).message { return .failure("PodFailurePolicy", message) }
            }
        }
        if failed > job.backoffLimit || restartsExceedLimit {
            return .failure("BackoffLimitExceeded", "Job has reached the specified backoff limit")
        }
        if let remaining = deadline(at: now), remaining <= 0 {
            return .failure("DeadlineExceeded", "Job was active longer than specified deadline")
        }
        if let failedIndexes {
            if let limit = job.maxFailedIndexes, failedIndexes.count > limit {
                return .failure("MaxFailedIndexesExceeded", "Job has exceeded the specified maximal number of failed indexes")
            }
            if !failedIndexes.isEmpty, failedIndexes.count + succeededIndexes.count >= job.completions ?? 0 {
                return .failure("FailedIndexes", "Job has failed indexes")
            }
        }
        return successRuleMet
    }

    /// Seconds until `activeDeadlineSeconds` are over.
    func deadline(at now: Timestamp) -> Double? {
        guard let limit = job.activeDeadlineSeconds, !job.isSuspended, let start = job.startTime else { return nil }
        return start + Double(limit) - now
    }

    /// Containers that restart in place count towards the limit, too.
    private var restartsExceedLimit: Bool {
        guard job.template?["spec"]?["restartPolicy"]?.string == "OnFailure" else { return false }
        let restarts = pods.filter { ["Running", "Pending"].contains($0.pod.phase) }.reduce(0) { sum, pod in
            let statuses = pod.pod.containerStatuses + (pod.pod.status.map { Array($0.elements("initContainerStatuses")) } ?? [])
            return statuses.reduce(sum) { $0 + max(0, $1["restartCount"]?.int ?? 0) }
        }
        return job.backoffLimit == 0 ? restarts > 0 : restarts >= job.backoffLimit
    }

    private var successRuleMet: Ending? {
        for (number, rule) in job.successRules.enumerated() where job.isIndexed {
            let wanted = rule["succeededIndexes"]?.string.map { CompletionIndexes($0, below: job.completions ?? 0) }
            let count =
                wanted.map { set in
                    set.ranges.reduce(0) { $0 + $1.count { succeededIndexes.contains($0) } }
                } ?? succeededIndexes.count
            let needed = rule["succeededCount"]?.int ?? wanted?.count ?? job.completions ?? 0
            if count >= needed {
                return Ending(
                    type: "SuccessCriteriaMet", reason: "SuccessPolicy", message: "Matched rules at index \(number)")
            }
        }
        return nil
    }
}
