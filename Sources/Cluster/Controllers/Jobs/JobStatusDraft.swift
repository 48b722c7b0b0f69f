import ClusterClient
import ClusterObjects

/// The status of a Job once the changes of a pass have been tried.
struct JobStatusDraft {
    let situation: JobSituation
    let ending: JobSituation.Ending?
    let counting: JobCounting
    let doomed: [JobPod]
    let created: Int
    let managed: Bool
    let now: Timestamp

    private var job: Job { situation.job }
    private var subject: EventSubject { EventSubject(job.object, apiVersion: "batch/v1", kind: "Job") }

    func aftermath(_ outcome: Outcome) -> Aftermath {
        var aftermath = Aftermath()
        guard outcome.failure("adopt") == nil else { return aftermath }
        var status = job.status?.value ?? .emptyObject
        let deleted = outcome.succeeded("delete")
        let active = situation.active.count - deleted + outcome.succeeded("create")
        let terminating = situation.terminating.count + deleted
        let ready = situation.active.count(where: \.pod.isReady) - (deleted == doomed.count ? doomed.count(where: \.pod.isReady) : 0)
        func set(_ field: String, _ number: Int) { status[field] = number > 0 ? Value(number) : nil }
        set("active", active)
        status["ready"] = Value(max(ready, 0))
        status["terminating"] = Value(terminating)
        if job.startTime == nil, !job.isSuspended { status["startTime"] = Value(now.description) }

        var conditions = Conditions(job.status)
        suspend(&conditions, &status, &aftermath)
        let isCounted = count(outcome, &status)
        if let ending {
            if ending.isStored {
                let mayEnd = isCounted && active == 0 && terminating == 0 && !situation.pods.contains(where: isHeldBack(outcome))
                if mayEnd { end(ending, &conditions, &status, &aftermath) }
            } else {
                conditions.append(Conditions.make(ending.type, "True", ending.reason, ending.message, at: now))
            }
        }
        for (index, condition) in conditions.entries.enumerated() where condition["lastProbeTime"] == nil {
            var condition = condition
            condition["lastProbeTime"] = Value(now.description)
            conditions.replace(condition["type"]?.string ?? "\(index)", condition)
        }
        status["conditions"] = conditions.value
        aftermath.forgivesFailures = !outcome.failures.isEmpty && outcome.failures.allSatisfy(\.isNamespaceTerminating)
        if job.object.hasOtherStatus(than: status) {
            aftermath.changes = [.updateStatus(.jobs, job.key, job.object.draft(withStatus: status))]
        }
        return aftermath
    }

    /// Pods that still carry the finalizer.
    private func isHeldBack(_ outcome: Outcome) -> (JobPod) -> Bool {
        let released = names(of: outcome)
        return { $0.isTracked && !released.contains($0.pod.name) }
    }

    private func names(of outcome: Outcome) -> Set<String> {
        Set(
            outcome.results.compactMap { entry in
                guard case .success = entry.result, entry.change.tag == "release" else { return nil }
                return entry.change.name
            })
    }

    /// Names what has newly ended, adds what has been let go. Whether nothing is left uncounted.
    private func count(_ outcome: Outcome, _ status: inout Value) -> Bool {
        let names = names(of: outcome)
        let gone = counting.settled.union(counting.released.filter { names.contains($0.value) }.keys)
        let succeeded = situation.uncountedSucceeded.subtracting(gone).sorted() + counting.newSucceeded
        let failed = situation.uncountedFailed.subtracting(gone).sorted() + counting.newFailed
        var uncounted = Value.emptyObject
        if !succeeded.isEmpty { uncounted["succeeded"] = Value(succeeded) }
        if !failed.isEmpty { uncounted["failed"] = Value(failed) }
        status["uncountedTerminatedPods"] = uncounted
        func set(_ field: String, _ number: Int) { status[field] = number > 0 ? Value(number) : nil }
        set("failed", job.failed + situation.uncountedFailed.intersection(gone).count)
        if job.isIndexed {
            set("succeeded", situation.succeededIndexes.count)
            let completed = situation.succeededIndexes.description
            status["completedIndexes"] = completed.isEmpty ? nil : Value(completed)
            if let failures = situation.failedIndexes { status["failedIndexes"] = Value(failures.description) }
        } else {
            set("succeeded", job.succeeded + situation.uncountedSucceeded.intersection(gone).count)
        }
        return succeeded.isEmpty && failed.isEmpty
    }

    private func suspend(_ conditions: inout Conditions, _ status: inout Value, _ aftermath: inout Aftermath) {
        guard managed, ending == nil else { return }
        if job.isSuspended {
            guard !conditions.isTrue("Suspended") else { return }
            conditions.set("Suspended", "True", "JobSuspended", "Job suspended", at: now)
            aftermath.events.append(EventDraft(subject, .normal, "Suspended", "Job suspended"))
        } else if conditions.isTrue("Suspended") {
            conditions.set("Suspended", "False", "JobResumed", "Job resumed", at: now)
            aftermath.events.append(EventDraft(subject, .normal, "Resumed", "Job resumed"))
            status["startTime"] = Value(now.description)
        }
    }

    private func end(
        _ ending: JobSituation.Ending, _ conditions: inout Conditions, _ status: inout Value, _ aftermath: inout Aftermath
    ) {
        conditions.set(ending.finalType, "True", ending.reason, ending.message, at: now)
        guard ending.isSuccess else {
            aftermath.events.append(EventDraft(subject, .warning, ending.reason, ending.message))
            return
        }
        status["completionTime"] = Value(now.description)
        if let completions = job.completions, status["succeeded"]?.int ?? 0 > completions {
            aftermath.events.append(
                EventDraft(
                    subject, .warning, "TooManySucceededPods", "Too many succeeded pods running after completion count reached"))
        }
        aftermath.events.append(EventDraft(subject, .normal, "Completed", "Job completed"))
    }
}
