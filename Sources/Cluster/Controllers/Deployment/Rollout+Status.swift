import ClusterObjects

/// The status of a Deployment: counts, availability, progress.
extension Rollout {
    private struct Counts {
        var replicas = 0
        var updated = 0
        var ready = 0
        var available = 0
    }

    mutating func status() -> Value {
        let remaining = sets.filter { !$0.isDeleted }
        var new = Counts()
        new.replicas = remaining.reduce(0) { $0 + $1.set.currentReplicas }
        new.updated = newIndex.map { sets[$0].set.currentReplicas } ?? 0
        new.ready = remaining.reduce(0) { $0 + $1.set.readyReplicas }
        new.available = remaining.reduce(0) { $0 + $1.set.availableReplicas }
        let unavailable = max(0, remaining.reduce(0) { $0 + $1.replicas } - new.available)

        let available = new.available >= deployment.replicas - deployment.maxUnavailable
        let before = conditions
        if available {
            setCondition("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
        } else {
            setCondition("Available", "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
        }
        if tellsProgress {
            noteProgress(new, before)
            noteFailures(remaining)
        }

        var status: Value = ["observedGeneration": Value(deployment.generation)]
        func count(_ field: String, _ number: Int) { if number > 0 { status[field] = Value(number) } }
        count("replicas", new.replicas)
        count("updatedReplicas", new.updated)
        count("readyReplicas", new.ready)
        count("availableReplicas", new.available)
        count("unavailableReplicas", unavailable)
        let terminating = remaining.map(\.set.terminatingReplicas)
        if !terminating.contains(nil) { status["terminatingReplicas"] = Value(terminating.reduce(0) { $0 + ($1 ?? 0) }) }
        if let collisions = deployment.collisionCount { status["collisionCount"] = Value(collisions) }
        status["conditions"] = conditions.value
        return status
    }

    private func isComplete(_ counts: Counts) -> Bool {
        counts.updated == deployment.replicas && counts.replicas == deployment.replicas && counts.available == deployment.replicas
    }

    private mutating func noteProgress(_ new: Counts, _ before: Conditions) {
        guard hasDeadline else {
            conditions.remove("Progressing")
            return
        }
        let reason = before.reason("Progressing")
        if new.replicas == new.updated, reason == "NewReplicaSetAvailable" { return }
        let subject = newIndex.map { "ReplicaSet \"\(sets[$0].name)\"" } ?? "Deployment \"\(deployment.name)\""
        if isComplete(new) {
            setCondition("Progressing", "True", "NewReplicaSetAvailable", "\(subject) has successfully progressed.")
        } else if isProgressing(new) {
            let old = before["Progressing"]
            conditions.remove("Progressing")
            setCondition("Progressing", "True", "ReplicaSetUpdated", "\(subject) is progressing.")
            if let old, old["status"]?.string == "True", let since = old["lastTransitionTime"] {
                conditions.edit("Progressing") { $0["lastTransitionTime"] = since }
            }
        } else if hasTimedOut {
            setCondition("Progressing", "False", "ProgressDeadlineExceeded", "\(subject) has timed out progressing.")
        }
    }

    private func isProgressing(_ new: Counts) -> Bool {
        func old(_ field: String) -> Int { deployment.status?[field]?.int ?? 0 }
        return new.updated > old("updatedReplicas")
            || new.replicas - new.updated < old("replicas") - old("updatedReplicas")
            || new.ready > old("readyReplicas") || new.available > old("availableReplicas")
    }

    private var hasTimedOut: Bool {
        let reason = conditions.reason("Progressing")
        if reason == "NewReplicaSetAvailable" || conditions["Progressing"] == nil { return false }
        if reason == "ProgressDeadlineExceeded" { return true }
        guard let deadline = deployment.progressDeadlineSeconds, let since = conditions.time("Progressing", "lastUpdateTime") else {
            return false
        }
        return since + Double(deadline) < now
    }

    private mutating func noteFailures(_ remaining: [Working]) {
        conditions.remove("ReplicaFailure")
        let ordered = newIndex.map { [sets[$0]] + remaining } ?? remaining
        for working in ordered {
            guard let failure = Condition.find("ReplicaFailure", in: working.set.status) else { continue }
            var condition = failure.tree.value
            let since = condition["lastTransitionTime"]
            condition["lastUpdateTime"] = since
            conditions.append(condition)
            return
        }
    }

    /// Seconds until the progress deadline has to be looked at; nil when it need not.
    func deadlineCheck(_ status: Value) -> Double? {
        guard hasDeadline, !deployment.isPaused, tellsProgress, let deadline = deployment.progressDeadlineSeconds else { return nil }
        let reason = conditions.reason("Progressing")
        guard conditions["Progressing"] != nil, reason != "ProgressDeadlineExceeded", reason != "NewReplicaSetAvailable",
            let since = conditions.time("Progressing", "lastUpdateTime")
        else { return nil }
        return max(since + Double(deadline) - now, 0) + 1
    }
}

extension Conditions {
    /// Sets a Deployment's condition, which also has a time of its last update; nothing changes while status and reason stay.
    mutating func setDeployment(_ type: String, _ status: String, _ reason: String, _ message: String, at now: Timestamp) {
        let old = self[type]
        if let old, old["status"]?.string == status, old["reason"]?.string == reason { return }
        var condition = Conditions.make(type, status, reason, message, at: now)
        condition["lastUpdateTime"] = Value(now.description)
        if let old, old["status"]?.string == status, let since = old["lastTransitionTime"] { condition["lastTransitionTime"] = since }
        remove(type)
        append(condition)
    }

    mutating func edit(_ type: String, _ body: (inout Value) -> Void) {
        guard var condition = self[type] else { return }
        body(&condition)
        replace(type, condition)
    }
}
