import ClusterObjects

/// What a written job status must be. What was there already is let be: a rule holds where what it is about has changed.
/// Source: pkg/apis/batch/validation, ValidateJobStatusUpdate, and pkg/registry/batch/job.
enum JobStatusRules {
    private static let path = FieldPath("status")

    static func validate(_ new: Value, _ old: Value) -> [Problem] {
        let change = Change(new, old)
        var problems: [Problem] = []
        let status = change.status
        for key in ["active", "succeeded", "failed", "ready", "terminating"] { problems.nonnegative(status, key, path) }
        uncounted(status, &problems)
        ends(change, &problems)
        finished(change, &problems)
        indexes(change, &problems)
        if change.of("ready", "active"), let ready = status["ready"]?.int, ready > status.number("active") {
            problems.append(.invalid(path / "ready", Value(ready), "cannot set more ready pods than active"))
        }
        success(change, &problems)
        transitions(change, &problems)
        return problems
    }

    /// A status and what it was.
    private struct Change {
        let spec: Value
        let status: Value
        let before: Value

        init(_ new: Value, _ old: Value) {
            spec = new["spec"] ?? .emptyObject
            status = new["status"] ?? .emptyObject
            before = old["status"] ?? .emptyObject
        }

        func of(_ keys: String...) -> Bool { keys.contains { ![Problem].same(status[$0], before[$0]) } }
        func ofCondition(_ types: String...) -> Bool { types.contains { status.holds($0) != before.holds($0) } }
        var isIndexed: Bool { spec.text("completionMode") == "Indexed" }
        var isFinished: Bool { status.holds("Complete") || status.holds("Failed") }
        var hasFinished: Bool { isFinished != (before.holds("Complete") || before.holds("Failed")) }
    }

    private static func conditions(_ detail: String, _ problems: inout [Problem]) {
        problems.append(.invalid(path / "conditions", omitted: detail))
    }

    private static func uncounted(_ status: Value, _ problems: inout [Problem]) {
        var seen: Set<String> = []
        for list in ["succeeded", "failed"] {
            for (index, uid) in (status["uncountedTerminatedPods"]?[list]?.strings ?? []).enumerated() {
                let here = (path / "uncountedTerminatedPods" / list).index(index)
                if uid.isEmpty {
                    problems.append(.invalid(here, "", "must not be empty"))
                } else if !seen.insert(uid).inserted {
                    problems.append(.duplicate(here, .string(uid)))
                }
            }
        }
    }

    /// Conditions that exclude each other, and the time that goes with one.
    private static func ends(_ change: Change, _ problems: inout [Problem]) {
        let status = change.status
        let (isComplete, isFailed) = (status.holds("Complete"), status.holds("Failed"))
        if change.ofCondition("Complete", "Failed"), isComplete, isFailed {
            conditions("cannot set Complete=True and Failed=true conditions", &problems)
        }
        if change.ofCondition("Complete", "FailureTarget"), isComplete, status.holds("FailureTarget") {
            conditions("cannot set Complete=True and FailureTarget=true conditions", &problems)
        }
        let here = path / "completionTime"
        let time = status.part("completionTime")
        if change.ofCondition("Complete") || change.of("completionTime") {
            if let time, !isComplete {
                problems.append(.invalid(here, time, "cannot set completionTime when there is no Complete=True condition"))
            }
            if time == nil, isComplete { problems.append(.required(here, "completionTime is required for Complete jobs")) }
        }
        if change.of("startTime", "completionTime"), let time, let end = time.string.flatMap(Timestamp.init),
            let start = status["startTime"]?.string.flatMap(Timestamp.init), end < start
        {
            problems.append(.invalid(here, time, "must be equal to or after `startTime`"))
        }
        if change.ofCondition("Failed", "FailureTarget"), isFailed, !status.holds("FailureTarget") {
            conditions("cannot set Failed=True condition without the FailureTarget=true condition", &problems)
        }
        if change.ofCondition("Complete", "SuccessCriteriaMet"), isComplete, !status.holds("SuccessCriteriaMet") {
            conditions("cannot set Complete=True condition without the SuccessCriteriaMet=true condition", &problems)
        }
    }

    /// A job that is over has nothing left to do.
    private static func finished(_ change: Change, _ problems: inout [Problem]) {
        guard change.isFinished else { return }
        let status = change.status
        if change.hasFinished || change.of("active"), status.number("active") > 0 {
            problems.append(.invalid(path / "active", Value(status.number("active")), "active>0 is invalid for finished job"))
        }
        let neverRan = change.spec.flag("suspend") && change.spec["completions"]?.int == 0
        if change.hasFinished || change.of("startTime"), !neverRan, !status.has("startTime") {
            problems.append(.required(path / "startTime", "startTime is required for finished job"))
        }
        let pods = status["uncountedTerminatedPods"] ?? .emptyObject
        if change.hasFinished || change.of("uncountedTerminatedPods"), !pods.list("failed").isEmpty || !pods.list("succeeded").isEmpty {
            problems.append(
                .invalid(
                    path / "uncountedTerminatedPods", shown: GoStruct.text(pods, "UncountedTerminatedPods"),
                    "must be empty for finished job"))
        }
        if change.hasFinished || change.of("terminating"), status.number("terminating") > 0 {
            problems.append(
                .invalid(path / "terminating", Value(status.number("terminating")), "terminating>0 is invalid for finished job"))
        }
    }

    private static func indexes(_ change: Change, _ problems: inout [Problem]) {
        let status = change.status
        let (completed, failed) = (status.text("completedIndexes"), status["failedIndexes"]?.string)
        let completions = change.spec["completions"]?.int
        func parse(_ text: String, _ key: String) {
            guard let completions else { return }
            do throws(IndexIntervals.Malformed) {
                _ = try IndexIntervals(text, below: completions)
            } catch {
                problems.append(.invalid(path / key, .string(text), "error parsing \(key): \(error.message)"))
            }
        }
        if change.of("completedIndexes") { parse(completed, "completedIndexes") }
        let here = path / "failedIndexes"
        if change.of("failedIndexes"), let failed, change.spec.has("backoffLimitPerIndex") { parse(failed, "failedIndexes") }
        if change.of("completedIndexes"), !completed.isEmpty, !change.isIndexed {
            problems.append(
                .invalid(
                    path / "completedIndexes", .string(completed),
                    "cannot set non-empty completedIndexes when non-indexed completion mode"))
        }
        guard let failed else { return }
        if change.of("failedIndexes"), !change.spec.has("backoffLimitPerIndex") {
            problems.append(
                .invalid(here, .string(failed), "cannot set non-null failedIndexes when backoffLimitPerIndex is null"))
        }
        if change.of("failedIndexes", "completedIndexes"), let completions,
            let both = IndexIntervals(readable: completed, below: completions)
                .firstOverlap(with: IndexIntervals(readable: failed, below: completions))
        {
            problems.append(.invalid(here, .string(failed), "failedIndexes and completedIndexes overlap at index: \(both)"))
        }
    }

    private static func success(_ change: Change, _ problems: inout [Problem]) {
        let status = change.status
        guard status.holds("SuccessCriteriaMet") else {
            if change.spec.has("successPolicy"), status.holds("Complete") {
                conditions("cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True", &problems)
            }
            return
        }
        for (type, word) in [("Failed", "Failed"), ("FailureTarget", "FailureTarget")] where status.holds(type) {
            conditions("cannot set SuccessCriteriaMet=True and \(word)=true conditions", &problems)
        }
    }

    /// What has been said stays said, what has been counted stays counted.
    private static func transitions(_ change: Change, _ problems: inout [Problem]) {
        let (status, before) = (change.status, change.before)
        for type in ["Failed", "Complete", "FailureTarget"] where before.holds(type) && !status.holds(type) {
            conditions("cannot disable the terminal \(type)=True condition", &problems)
        }
        if status.number("failed") < before.number("failed") {
            problems.append(.invalid(path / "failed", Value(status.number("failed")), "cannot decrease the failed counter"))
        }
        // A job that shrinks forgets the indexes beyond its end.
        let mayShrink = change.isIndexed && change.spec["completions"] == change.spec["parallelism"]
        if !mayShrink, status.number("succeeded") < before.number("succeeded") {
            problems.append(.invalid(path / "succeeded", Value(status.number("succeeded")), "cannot decrease the succeeded counter"))
        }
        if let time = status.part("completionTime"), let earlier = before.part("completionTime"), time != earlier {
            problems.append(.invalid(path / "completionTime", time, "completionTime cannot be mutated"))
        }
        // A job that goes on after it was suspended starts anew.
        let isResumed = before.holds("Suspended") && !status.holds("Suspended")
        if before.has("startTime"), change.of("startTime"), !change.spec.flag("suspend"), !isResumed {
            problems.append(.required(path / "startTime", "startTime cannot be removed for unsuspended job"))
        }
        if before.holds("SuccessCriteriaMet"), !status.holds("SuccessCriteriaMet") {
            conditions("cannot disable the SuccessCriteriaMet=True condition", &problems)
        }
        if before.holds("Complete"), !before.holds("SuccessCriteriaMet"), status.holds("SuccessCriteriaMet") {
            conditions("cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions", &problems)
        }
    }
}
