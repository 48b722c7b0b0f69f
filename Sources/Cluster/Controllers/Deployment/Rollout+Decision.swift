import ClusterClient
import ClusterObjects

/// From the working copies to changes, and from their outcome to a status.
extension Rollout {
    var decision: Decision {
        var decision = Decision()
        let subject = Rollout.subject(deployment)
        if let creation {
            var change = Change.create(.replicaSets, namespace: deployment.namespace, creation, tag: "create")
            if let event = newIndex.flatMap({ Rollout.told(sets[$0]) }) {
                change = change.telling(success: { _ in EventDraft(subject, .normal, "ScalingReplicaSet", event) })
            }
            decision.then(change)
        }
        decision.then(
            sets.filter { !$0.isCreated && !$0.isDeleted && $0.isChanged }.map { working in
                var change = Change.update(.replicaSets, working.set.key, Rollout.object(of: working))
                if let event = Rollout.told(working) {
                    change = change.telling(success: { _ in EventDraft(subject, .normal, "ScalingReplicaSet", event) })
                }
                return change
            })
        decision.then(sets.filter(\.isDeleted).map { Change.delete(.replicaSets, $0.set.object, propagation: "Background") })
        let rollout = self
        decision.afterwards = { rollout.conclude($0) }
        return decision
    }

    private static func object(of working: Working) -> Value {
        var draft = working.set.object.draft
        draft["spec", default: .emptyObject]["replicas"] = Value(working.replicas)
        draft["spec", default: .emptyObject]["minReadySeconds"] = working.minReadySeconds > 0 ? Value(working.minReadySeconds) : nil
        draft["metadata", default: .emptyObject]["annotations"] = Value(working.annotations)
        return draft
    }

    /// One event for a set, however many steps its size took in this look.
    private static func told(_ working: Working) -> String? {
        guard working.replicas != working.set.replicas else { return nil }
        let direction = working.set.replicas < working.replicas ? "up" : "down"
        return "Scaled \(direction) replica set \(working.name) from \(working.set.replicas) to \(working.replicas)"
    }

    private func conclude(_ outcome: Outcome) -> Aftermath {
        var rollout = self
        if let error = outcome.failure("create") { return rollout.creationFailed(error) }
        guard outcome.failures.isEmpty else { return Aftermath() }
        if rollout.creation != nil, rollout.hasDeadline, let index = rollout.newIndex {
            rollout.setCondition(
                "Progressing", "True", "NewReplicaSetCreated", "Created new replica set \"\(rollout.sets[index].name)\"")
        }
        let status = rollout.status()
        return rollout.aftermath(status, requeueAfter: rollout.deadlineCheck(status))
    }

    private mutating func creationFailed(_ error: APIFailure) -> Aftermath {
        if error.isNamespaceTerminating {
            var aftermath = Aftermath()
            aftermath.forgivesFailures = true
            return aftermath
        }
        var status = deployment.status?.value ?? .emptyObject
        if error.isAlreadyExists {
            // Another template has the same hash: count, so that the next one differs.
            status["collisionCount"] = Value((deployment.collisionCount ?? 0) + 1)
            var aftermath = aftermath(status, requeueAfter: nil)
            aftermath.forgivesFailures = true
            return aftermath
        }
        let name = newIndex.map { sets[$0].name } ?? deployment.name
        let message = "Failed to create new replica set \"\(name)\": \(error)"
        if hasDeadline { setCondition("Progressing", "False", "ReplicaSetCreateError", message) }
        status["conditions"] = conditions.value
        revision = nil
        var aftermath = aftermath(status, requeueAfter: nil)
        aftermath.events = [EventDraft(Rollout.subject(deployment), .warning, "ReplicaSetCreateError", message)]
        return aftermath
    }

    private func aftermath(_ status: Value, requeueAfter: Double?) -> Aftermath {
        var aftermath = Aftermath()
        aftermath.requeueAfter = requeueAfter
        let renumbered = revision.map { $0 != deployment.revision } ?? false
        guard renumbered || deployment.object.hasOtherStatus(than: status) else { return aftermath }
        var draft = deployment.object.draft(withStatus: status)
        if renumbered, let revision {
            // The status endpoint takes annotations too, and does not count that as a new generation.
            draft["metadata", default: .emptyObject]["annotations", default: .emptyObject][Annotation.revision] = Value(revision)
        }
        aftermath.changes = [.updateStatus(.deployments, deployment.key, draft)]
        return aftermath
    }
}
