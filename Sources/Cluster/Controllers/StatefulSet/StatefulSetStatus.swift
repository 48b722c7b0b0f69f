import ClusterObjects

/// The status of a StatefulSet, from its pods.
struct StatefulSetStatus {
    let set: StatefulSet
    let pods: [StatefulPod]
    let current: RevisionHistory.Entry
    let update: RevisionHistory.Entry

    func value(collisions: Int, at now: Timestamp) -> Value {
        let ready = pods.count(where: \.isRunningAndReady)
        let updated = pods.count { !$0.isTerminating && $0.revision == update.name }
        var currentCount = pods.count { !$0.isTerminating && $0.revision == current.name }
        var currentName = current.name
        if set.isRolling, updated == set.replicas, ready == set.replicas, pods.count == set.replicas {
            currentCount = updated
            currentName = update.name
        }
        var status: Value = [
            "observedGeneration": Value(set.generation), "replicas": Value(pods.count), "currentRevision": Value(currentName),
            "updateRevision": Value(update.name), "collisionCount": Value(collisions),
            "availableReplicas": Value(pods.count { $0.isAvailable(set, at: now) }),
        ]
        if ready > 0 { status["readyReplicas"] = Value(ready) }
        if currentCount > 0 { status["currentReplicas"] = Value(currentCount) }
        if updated > 0 { status["updatedReplicas"] = Value(updated) }
        status["conditions"] = set.status?["conditions"]?.value
        return status
    }
}
