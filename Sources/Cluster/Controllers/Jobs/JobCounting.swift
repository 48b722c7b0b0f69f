import ClusterClient
import ClusterObjects

/// How far every ended pod is on its way into the numbers: to be named as uncounted, to be let go, to be added.
struct JobCounting {
    /// Pods that are let go now, as the stored status already tells of them.
    private(set) var releases: [Change] = []
    /// Their names, by uid.
    private(set) var released: [String: String] = [:]
    /// Uids to be named as uncounted.
    private(set) var newSucceeded: [String] = []
    private(set) var newFailed: [String] = []
    /// Uids named as uncounted whose pods are let go already or are gone.
    private(set) var settled: Set<String> = []

    init(_ situation: JobSituation, ending: JobSituation.Ending?) {
        let job = situation.job
        let stored = CompletionIndexes(job.status?["completedIndexes"]?.string ?? "", below: job.completions ?? 0)
        var tracked: Set<String> = []
        for pod in situation.pods where pod.isTracked {
            tracked.insert(pod.uid)
            guard JobCounting.mayGo(pod, situation, ending) else { continue }
            let isNamed = situation.uncountedSucceeded.contains(pod.uid) || situation.uncountedFailed.contains(pod.uid)
            if isNamed {
                release(pod)
            } else if pod.hasSucceeded {
                if job.isIndexed {
                    // The index is what is counted; it is in the status before its pod goes.
                    if pod.index.map({ stored.contains($0) || $0 >= job.completions ?? 0 }) ?? true { release(pod) }
                } else if newSucceeded.count + newFailed.count < JobController.uncountedLimit {
                    newSucceeded.append(pod.uid)
                }
            } else if JobCounting.countsAsFailed(pod, situation, ending) {
                if newSucceeded.count + newFailed.count < JobController.uncountedLimit { newFailed.append(pod.uid) }
            } else if pod.hasFailed || job.isBeingDeleted || (ending?.isStored ?? false) {
                release(pod)
            }
        }
        settled = situation.uncountedSucceeded.union(situation.uncountedFailed).subtracting(tracked)
    }

    private mutating func release(_ pod: JobPod) {
        releases.append(JobPod.release(pod.pod.object))
        released[pod.uid] = pod.pod.name
    }

    private static func mayGo(_ pod: JobPod, _ situation: JobSituation, _ ending: JobSituation.Ending?) -> Bool {
        if situation.job.isBeingDeleted || ending != nil || pod.hasSucceeded { return true }
        guard pod.hasFailed else { return false }
        if let index = pod.index, situation.held[index]?.uid == pod.uid { return false }
        return true
    }

    /// When a Job fails, all of its pods do. One that was stopped because enough others succeeded has not failed.
    private static func countsAsFailed(_ pod: JobPod, _ situation: JobSituation, _ ending: JobSituation.Ending?) -> Bool {
        if let ending, ending.isSuccess, ending.isStored, pod.pod.isBeingDeleted { return false }
        guard pod.hasFailed || ending.map({ !$0.isSuccess }) ?? false else { return false }
        if situation.job.isIndexed {
            guard let index = pod.index, index < situation.job.completions ?? 0 else { return false }
        }
        return situation.rules.match(pod.pod).counts
    }
}
