import ClusterObjects

/// What written statuses of workloads must be: counts that are not negative and that fit each other.
enum WorkloadStatusRules {
    private static let path = FieldPath("status")

    private static func counts(_ status: Value, _ keys: [String]) -> [Problem] {
        var problems: [Problem] = []
        for key in keys { problems.nonnegative(status, key, path) }
        return problems
    }

    private static func atMost(_ status: Value, _ key: String, _ bound: String, _ problems: inout [Problem], named: String? = nil) {
        if status.number(key) > status.number(bound) {
            problems.append(
                .invalid(path / key, Value(status.number(key)), "cannot be greater than \(named ?? "status.\(bound)")"))
        }
    }

    private static func collisions(_ status: Value, _ before: Value, _ problems: inout [Problem]) {
        problems.nonnegative(status, "collisionCount", path)
        guard let old = before["collisionCount"]?.int else { return }
        let new = status["collisionCount"]?.int
        if (new ?? -1) < old {
            problems.append(
                .invalid(path / "collisionCount", new.map { Value($0) } ?? .null, "cannot be decremented"))
        }
    }

    @Sendable static func deployment(_ new: Value, _ old: Value) -> [Problem] {
        let status = new["status"] ?? .emptyObject
        var problems = counts(
            status,
            [
                "observedGeneration", "replicas", "updatedReplicas", "terminatingReplicas", "readyReplicas", "availableReplicas",
                "unavailableReplicas",
            ])
        collisions(status, .emptyObject, &problems)
        for key in ["updatedReplicas", "readyReplicas", "availableReplicas"] { atMost(status, key, "replicas", &problems) }
        atMost(status, "availableReplicas", "readyReplicas", &problems, named: "readyReplicas")
        let before = old["status"]?["collisionCount"]?.int
        if let before, (status["collisionCount"]?.int ?? -1) < before {
            problems.append(
                .invalid(path / "collisionCount", status["collisionCount"] ?? .null, "cannot be decremented"))
        }
        return problems
    }

    @Sendable static func replicaSet(_ new: Value, _ old: Value) -> [Problem] {
        let status = new["status"] ?? .emptyObject
        var problems = counts(
            status,
            ["replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "terminatingReplicas", "observedGeneration"])
        for key in ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"] {
            atMost(status, key, "replicas", &problems)
        }
        atMost(status, "availableReplicas", "readyReplicas", &problems, named: "readyReplicas")
        return problems
    }

    @Sendable static func daemonSet(_ new: Value, _ old: Value) -> [Problem] {
        let status = new["status"] ?? .emptyObject
        var problems = counts(
            status,
            [
                "currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady", "observedGeneration",
                "updatedNumberScheduled", "numberAvailable", "numberUnavailable",
            ])
        collisions(status, old["status"] ?? .emptyObject, &problems)
        return problems
    }

    @Sendable static func statefulSet(_ new: Value, _ old: Value) -> [Problem] {
        let status = new["status"] ?? .emptyObject
        var problems = counts(
            status, ["replicas", "readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas", "observedGeneration"])
        collisions(status, .emptyObject, &problems)
        for key in ["readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"] {
            atMost(status, key, "replicas", &problems)
        }
        atMost(status, "availableReplicas", "readyReplicas", &problems, named: "status.readyReplicas")
        return problems
    }
}
