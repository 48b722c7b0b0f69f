import ClusterClient
import ClusterObjects

/// One look at a CronJob: which of its Jobs have ended, which to drop, whether one is due.
struct CronJobPass {
    let cron: CronJob
    let jobs: [Job]
    let now: Timestamp
    private var decision = Decision()
    private var active: [Value]
    private var lastSchedule: Timestamp?
    private var lastSuccess: Timestamp?
    private var starts = false

    init(cron: CronJob, jobs: [Job], now: Timestamp) {
        self.cron = cron
        self.jobs = jobs
        self.now = now
        active = cron.active.map(\.value)
        lastSchedule = cron.lastScheduleTime
        lastSuccess = cron.lastSuccessfulTime
    }

    private var subject: EventSubject { EventSubject(cron.object, apiVersion: "batch/v1", kind: "CronJob") }

    private mutating func tell(_ kind: EventDraft.Kind, _ reason: String, _ message: String) {
        decision.events.append(EventDraft(subject, kind, reason, message))
    }

    /// Takes in what has become of the Jobs.
    mutating func review() {
        for job in jobs {
            let isActive = active.contains { $0["uid"]?.string == job.uid }
            if !isActive, !job.isFinished {
                tell(.warning, "UnexpectedJob", "Saw a job that the controller did not create or forgot: \(job.name)")
            } else if isActive, let finish = job.finish {
                active.removeAll { $0["uid"]?.string == job.uid }
                tell(.normal, "SawCompletedJob", "Saw completed job: \(job.name), condition: \(finish.type)")
            }
            if job.condition("Complete")?.isTrue ?? false,
                let end = job.status?["completionTime"]?.string.flatMap({ Timestamp($0) })
            {
                lastSuccess = max(lastSuccess ?? end, end)
            }
        }
        for entry in active where !jobs.contains(where: { $0.uid == entry["uid"]?.string }) {
            tell(.normal, "MissingJob", "Active job went missing: \(entry["name"]?.string ?? "")")
            active.removeAll { $0["uid"] == entry["uid"] }
        }
    }

    /// Drops the oldest finished Jobs beyond the limits.
    mutating func prune() {
        for (type, limit) in [("Complete", cron.successfulJobsHistoryLimit), ("Failed", cron.failedJobsHistoryLimit)] {
            guard let limit else { continue }
            let finished = jobs.filter { $0.finish?.type == type && !$0.isBeingDeleted }.sorted(by: Self.isOlder)
            decision.then(finished.prefix(max(0, finished.count - limit)).map(deletion))
        }
    }

    private static func isOlder(_ left: Job, _ right: Job) -> Bool {
        guard let a = left.startTime, let b = right.startTime else { return left.startTime != nil }
        return a == b ? left.name < right.name : a < b
    }

    private func deletion(_ job: Job) -> Change {
        let subject = subject
        return Change.delete(.jobs, job.object, propagation: "Background", tag: "prune")
            .telling(
                success: { _ in EventDraft(subject, .normal, "SuccessfulDelete", "Deleted job \(job.name)") },
                failure: { EventDraft(subject, .warning, "FailedDelete", "Deleted job: \($0)") })
    }

    /// Starts the Job that is due, and asks to be asked when the next one is.
    /// - Parameter offset: seconds the schedule's zone is ahead of UTC.
    mutating func start(offset: Int64) {
        guard let schedule = CronSchedule(cron.schedule) else {
            return tell(.warning, "UnparseableSchedule", "unparseable schedule \"\(cron.schedule)\"")
        }
        if let next = schedule.next(after: now, offset: offset) { decision.requeue(after: next - now + 0.1) }
        guard let due = due(schedule, offset) else { return }
        if let deadline = cron.startingDeadlineSeconds, due + Double(deadline) < now {
            return tell(.warning, "MissSchedule", "Missed scheduled time to start a job: \(due)")
        }
        let name = "\(cron.name)-\(due.seconds / 60)"
        if active.contains(where: { $0["name"]?.string == name }) || lastSchedule.map({ $0 >= due }) ?? false { return }
        if cron.concurrencyPolicy == "Forbid", !active.isEmpty {
            return tell(
                .normal, "JobAlreadyActive",
                "Not starting job because prior execution is running and concurrency policy is Forbid")
        }
        if cron.concurrencyPolicy == "Replace" {
            let running = jobs.filter { job in active.contains { $0["uid"]?.string == job.uid } }
            decision.then(running.map(deletion))
            active = []
        }
        lastSchedule = due
        starts = true
        decision.then(creation(name, due))
    }

    /// The newest moment of the schedule that has passed and was not used.
    private mutating func due(_ schedule: CronSchedule, _ offset: Int64) -> Timestamp? {
        var earliest = cron.lastScheduleTime ?? cron.object.creationTimestamp ?? now
        if let deadline = cron.startingDeadlineSeconds { earliest = max(earliest, now + -Double(deadline)) }
        var found: Timestamp?
        var missed = 0
        while let next = schedule.next(after: found ?? earliest, offset: offset), next <= now {
            missed += 1
            found = next
            // Long away: go on from an hour ago, the newest is what counts.
            if missed == 100 {
                tell(
                    .warning, "TooManyMissedTimes",
                    "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew")
                found = max(next, now + -3600)
            }
            if missed > 5000 { break }
        }
        return found
    }

    private func creation(_ name: String, _ due: Timestamp) -> Change {
        let subject = subject
        var metadata: Value = [
            "name": Value(name), "namespace": Value(cron.namespace),
            "ownerReferences": [OwnerReference(controller: cron.object, apiVersion: "batch/v1", kind: "CronJob").value],
        ]
        if let labels = cron.jobTemplate?["metadata"]?["labels"]?.stringMap, !labels.isEmpty { metadata["labels"] = Value(labels) }
        var annotations = cron.jobTemplate?["metadata"]?["annotations"]?.stringMap ?? [:]
        annotations["batch.kubernetes.io/cronjob-scheduled-timestamp"] = due.description
        metadata["annotations"] = Value(annotations)
        let job: Value = [
            "apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": cron.jobTemplate?["spec"]?.value ?? .emptyObject,
        ]
        return Change.create(.jobs, namespace: cron.namespace, job, tag: "start")
            .telling(
                success: { EventDraft(subject, .normal, "SuccessfulCreate", "Created job \($0)") },
                failure: { error in
                    error.isNamespaceTerminating || error.isAlreadyExists
                        ? nil : EventDraft(subject, .warning, "FailedCreate", "Error creating job: \(error)")
                }
            ).tolerating(\.isAlreadyExists)
    }

    func finished() -> Decision {
        var decision = decision
        let (cron, active, lastSchedule, lastSuccess, starts) = (cron, active, lastSchedule, lastSuccess, starts)
        decision.afterwards = { outcome in
            var active = active
            for case (let change, .success(let job?)) in outcome.results where change.tag == "start" {
                active.append([
                    "apiVersion": "batch/v1", "kind": "Job", "name": Value(job.name), "namespace": Value(job.namespace),
                    "uid": Value(job.uid), "resourceVersion": Value(job.resourceVersion),
                ])
            }
            var status = cron.status?.value ?? .emptyObject
            status["active"] = active.isEmpty ? nil : .array(active)
            if !starts || outcome.failure("start") == nil { status["lastScheduleTime"] = lastSchedule.map { Value($0.description) } }
            status["lastSuccessfulTime"] = lastSuccess.map { Value($0.description) }
            guard cron.object.hasOtherStatus(than: status) else { return Aftermath() }
            return Aftermath([.updateStatus(.cronJobs, cron.key, cron.object.draft(withStatus: status))])
        }
        return decision
    }
}
