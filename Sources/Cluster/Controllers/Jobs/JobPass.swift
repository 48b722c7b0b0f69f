import ClusterClient
import ClusterObjects

/// One look at a Job: which pods to create and delete, which to let go, and the status that follows.
struct JobPass {
    let situation: JobSituation
    let job: Job
    let now: Timestamp
    var decision = Decision()
    /// What ends the Job; nil while it goes on.
    private var ending: JobSituation.Ending?
    private var created = 0
    private var doomed: [JobPod] = []
    /// Whether the number of pods was looked after, so that the Job can be said to be suspended.
    private var managed = false

    init(_ situation: JobSituation, at now: Timestamp) {
        self.situation = situation
        job = situation.job
        self.now = now
    }

    mutating func decide() {
        ending = situation.ending(at: now)
        if let remaining = situation.deadline(at: now), ending == nil { decision.requeue(after: remaining + 0.01) }
        if ending != nil {
            doomed = situation.active
            decision.then(doomed.map(deletion))
        } else if !job.isBeingDeleted {
            managed = true
            manage()
        }
        if ending == nil {
            let active = situation.active.count - doomed.count + created
            let done = job.completions.map { situation.succeeded >= $0 } ?? (situation.succeeded > 0)
            if done, active == 0 { ending = .completions }
        }
        let counting = JobCounting(situation, ending: ending)
        decision.then(counting.releases)
        finish(counting)
    }

    // MARK: - Pods

    private mutating func manage() {
        let active = situation.active
        if job.isSuspended { return remove(active) }
        let wanted: Int
        if let completions = job.completions {
            wanted = max(0, min(completions - situation.succeeded, job.parallelism))
        } else {
            wanted = situation.succeeded > 0 ? active.count : job.parallelism
        }
        let surplus = Array(removals(atLeast: max(0, active.count - wanted)).prefix(JobController.burst))
        if !surplus.isEmpty { return remove(surplus) }

        let terminating = job.replacesOnlyFailed ? situation.terminating.count : 0
        var missing = min(wanted - active.count - terminating, JobController.burst)
        guard missing > 0 else { return }
        if job.backoffLimitPerIndex == nil {
            let wait = JobBackoff.remaining(situation.pods, at: now)
            guard wait <= 0 else { return decision.requeue(after: wait + 0.01) }
        }
        guard job.isIndexed else {
            created = missing
            decision.then(Array(repeating: creation(index: nil), count: missing))
            return
        }
        var taken = Set(active.compactMap(\.index))
        if job.replacesOnlyFailed { taken.formUnion(situation.terminating.compactMap(\.index)) }
        for range in situation.failedIndexes?.ranges ?? [] { taken.formUnion(range) }
        var indexes = situation.succeededIndexes.missing(missing, below: job.completions ?? 0, besides: taken)
        if job.backoffLimitPerIndex != nil { indexes = ready(indexes) }
        missing = indexes.count
        created = missing
        decision.then(indexes.map { creation(index: $0) })
    }

    /// The indexes whose own back-off is over.
    private mutating func ready(_ indexes: [Int]) -> [Int] {
        var result: [Int] = []
        var shortest: Double?
        for index in indexes {
            let wait =
                situation.held[index].map {
                    JobBackoff.remaining(failures: $0.failureCount + $0.ignoredCount + 1, since: $0.finished(at: now), at: now)
                } ?? 0
            if wait <= 0 { result.append(index) } else { shortest = min(shortest ?? wait, wait) }
        }
        if result.isEmpty, let shortest { decision.requeue(after: shortest + 0.01) }
        return result
    }

    /// Pods of the same index or of none that is wanted, and of the rest as many as are too many.
    private func removals(atLeast count: Int) -> [JobPod] {
        var surplus: [JobPod] = []
        var rest = situation.active
        if job.isIndexed {
            rest = []
            let groups = Dictionary(grouping: situation.active) { $0.index ?? -1 }
            for (index, pods) in groups.sorted(by: { $0.key < $1.key }) {
                guard index >= 0, index < job.completions ?? 0 else {
                    surplus += pods
                    continue
                }
                let doubles = firstToGo(pods, pods.count - 1)
                surplus += doubles
                rest += pods.filter { pod in !doubles.contains { $0.uid == pod.uid } }
            }
        }
        guard surplus.count < count else { return surplus }
        return surplus + firstToGo(rest, count - surplus.count)
    }

    private func firstToGo(_ pods: [JobPod], _ count: Int) -> [JobPod] {
        guard count > 0 else { return [] }
        let chosen = DeletionOrder.firstToGo(pods.map(\.pod), count: count, siblings: pods.map(\.pod), at: now)
        return chosen.compactMap { victim in pods.first { $0.uid == victim.uid } }
    }

    /// Pods that are too many are let go first, so that they do not count as failed.
    private mutating func remove(_ pods: [JobPod]) {
        doomed = pods
        decision.then(pods.filter(\.isTracked).map { JobPod.release($0.pod.object) })
        decision.then(pods.map(deletion))
    }

    private var subject: EventSubject { EventSubject(job.object, apiVersion: "batch/v1", kind: "Job") }

    private func deletion(_ pod: JobPod) -> Change {
        let subject = subject
        return Change.delete(.pods, pod.pod.object)
            .telling(
                success: { _ in EventDraft(subject, .normal, "SuccessfulDelete", "Deleted pod: \(pod.pod.name)") },
                failure: { EventDraft(subject, .warning, "FailedDelete", "Error deleting: \($0)") })
    }

    private func creation(index: Int?) -> Change {
        let subject = subject
        let held = index.flatMap { situation.held[$0] }
        let pod = JobPodTemplate(job: job).pod(index: index, after: held, rules: situation.rules)
        return Change.create(.pods, namespace: job.namespace, pod)
            .telling(
                success: { EventDraft(subject, .normal, "SuccessfulCreate", "Created pod: \($0)") },
                failure: { error in
                    error.isNamespaceTerminating ? nil : EventDraft(subject, .warning, "FailedCreate", "Error creating: \(error)")
                })
    }

    // MARK: - Status

    private mutating func finish(_ counting: JobCounting) {
        let draft = JobStatusDraft(
            situation: situation, ending: ending, counting: counting, doomed: doomed, created: created, managed: managed, now: now)
        decision.afterwards = { draft.aftermath($0) }
    }
}
