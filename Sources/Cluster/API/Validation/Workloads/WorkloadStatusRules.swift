import ClusterObjects

/// What written statuses of workloads have in common: counts that are not negative and that fit each other.
enum WorkloadStatusRules {
    static let path = FieldPath("status")

    static func counts(_ status: Value, _ keys: [String]) -> [Problem] {
        var problems: [Problem] = []
        for key in keys { problems.nonnegative(status, key, path) }
        return problems
    }

    static func atMost(_ status: Value, _ key: String, _ bound: String, _ problems: inout [Problem], named: String? = nil) {
        if status.number(key) > status.number(bound) {
            problems.append(
                .invalid(path / key, Value(status.number(key)), "cannot be greater than \(named ?? "status.\(bound)")"))
        }
    }

    static func collisions(_ status: Value, _ before: Value, _ problems: inout [Problem]) {
        problems.nonnegative(status, "collisionCount", path)
        guard let old = before["collisionCount"]?.int else { return }
        let new = status["collisionCount"]?.int
        if (new ?? -1) < old {
            problems.append(
                .invalid(path / "collisionCount", new.map { Value($0) } ?? .null, "cannot be decremented"))
        }
    }
}
