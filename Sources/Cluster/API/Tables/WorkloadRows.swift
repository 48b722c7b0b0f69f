import ClusterObjects

/// Rows of what runs pods.
enum WorkloadRows {
    static func deployment(_ object: Tree, _ now: Timestamp) -> [Value] {
        let status = object["status"]
        return [
            .string("\(status?.number("readyReplicas") ?? 0)/\(desired(object))"), Value(status?.number("updatedReplicas") ?? 0),
            Value(status?.number("availableReplicas") ?? 0), TableRows.age(object, now),
        ] + containers(object) + [.string(CellTexts.selector(object[path: "spec", "selector"]))]
    }

    static func replicaSet(_ object: Tree, _ now: Timestamp) -> [Value] {
        replicas(object, now) + [.string(CellTexts.selector(object[path: "spec", "selector"]))]
    }

    static func replicationController(_ object: Tree, _ now: Timestamp) -> [Value] {
        replicas(object, now) + [.string(CellTexts.labels(object[path: "spec", "selector"]))]
    }

    private static func replicas(_ object: Tree, _ now: Timestamp) -> [Value] {
        let status = object["status"]
        return [
            Value(desired(object)), Value(status?.number("replicas") ?? 0), Value(status?.number("readyReplicas") ?? 0),
            TableRows.age(object, now),
        ] + containers(object)
    }

    static func statefulSet(_ object: Tree, _ now: Timestamp) -> [Value] {
        [.string("\(object["status"]?.number("readyReplicas") ?? 0)/\(desired(object))"), TableRows.age(object, now)] + containers(object)
    }

    static func daemonSet(_ object: Tree, _ now: Timestamp) -> [Value] {
        let counts = ["desiredNumberScheduled", "currentNumberScheduled", "numberReady", "updatedNumberScheduled", "numberAvailable"]
        let selector = object[path: "spec", "template", "spec", "nodeSelector"]
        return counts.map { Value(object["status"]?.number($0) ?? 0) }
            + [.string(CellTexts.labels(selector)), TableRows.age(object, now)] + containers(object)
            + [.string(CellTexts.selector(object[path: "spec", "selector"]))]
    }

    static func job(_ object: Tree, _ now: Timestamp) -> [Value] {
        let succeeded = object["status"]?.number("succeeded") ?? 0
        let parallelism = object[path: "spec", "parallelism"]?.int ?? 0
        let completions =
            if let wanted = object[path: "spec", "completions"]?.int {
                "\(succeeded)/\(wanted)"
            } else if parallelism > 1 {
                "\(succeeded)/1 of \(parallelism)"
            } else {
                "\(succeeded)/1"
            }
        return [.string(jobStatus(object)), .string(completions), .string(duration(object, now)), TableRows.age(object, now)]
            + containers(object) + [.string(CellTexts.selector(object[path: "spec", "selector"]))]
    }

    private static func jobStatus(_ object: Tree) -> String {
        guard let status = object["status"] else { return "Running" }
        for type in ["Complete", "Failed"] where status.holds(type) { return type }
        if object[path: "metadata", "deletionTimestamp"] != nil { return "Terminating" }
        for type in ["Suspended", "FailureTarget", "SuccessCriteriaMet"] where status.holds(type) { return type }
        return "Running"
    }

    private static func duration(_ object: Tree, _ now: Timestamp) -> String {
        guard let start = object[path: "status", "startTime"]?.string.flatMap({ Timestamp($0) }) else { return "" }
        let end = object[path: "status", "completionTime"]?.string.flatMap { Timestamp($0) } ?? now
        return HumanDuration.text(seconds: HumanDuration.wholeSeconds(end - start))
    }

    static func cronJob(_ object: Tree, _ now: Timestamp) -> [Value] {
        let (spec, status) = (object["spec"], object["status"])
        let suspend = spec?["suspend"]?.bool.map { $0 ? "True" : "False" } ?? CellTexts.unset
        let last = status?["lastScheduleTime"]
        let template = spec?[path: "jobTemplate", "spec"]
        return [
            .string(spec?.text("schedule") ?? ""), .string(spec?.text("timeZone", or: CellTexts.none) ?? CellTexts.none),
            .string(suspend), Value(status?["active"]?.count ?? 0),
            .string(last?.string == nil ? CellTexts.none : HumanDuration.age(last, now: now)), TableRows.age(object, now),
        ] + CellTexts.containers(template?[path: "template", "spec"]) + [.string(CellTexts.selector(template?["selector"]))]
    }

    private static func desired(_ object: Tree) -> Int { object[path: "spec", "replicas"]?.int ?? 0 }
    private static func containers(_ object: Tree) -> [Value] { CellTexts.containers(object[path: "spec", "template", "spec"]) }
}
