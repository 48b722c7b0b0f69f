import ClusterObjects

/// What PodDisruptionBudgets, PriorityClasses, RuntimeClasses and ControllerRevisions must be.
enum BudgetRules {
    @Sendable static func disruptionBudget(_ budget: Value) -> [Problem] {
        let path = FieldPath("spec")
        let spec = budget["spec"] ?? .emptyObject
        var problems: [Problem] = []
        if spec.has("minAvailable"), spec.has("maxUnavailable") {
            problems.append(.invalid(path, spec, "minAvailable and maxUnavailable cannot be both set"))
        }
        for key in ["minAvailable", "maxUnavailable"] where spec.has(key) {
            Counts.check(spec[key], path / key, &problems)
            Counts.checkMost(spec[key], path / key, &problems)
        }
        problems += LabelSelectorRules.validate(spec["selector"], path / "selector")
        problems.oneOfIfSet(spec, "unhealthyPodEvictionPolicy", ["AlwaysAllow", "IfHealthyBudget"], path)
        return problems
    }

    @Sendable static func disruptionBudgetUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        guard subresource == "status" else { return disruptionBudget(new) }
        var problems: [Problem] = []
        for key in ["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"] {
            problems.nonnegative(new["status"] ?? .emptyObject, key, FieldPath("status"))
        }
        return problems
    }

    private static let systemClasses = ["system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000]

    @Sendable static func priorityClass(_ object: Value) -> [Problem] {
        var problems: [Problem] = []
        let name = object[path: "metadata", "name"]?.string ?? ""
        let value = object.number("value")
        if name.hasPrefix("system-") {
            if let wrong = systemClassProblem(name, value, object.flag("globalDefault")) {
                problems.append(
                    .forbidden(
                        FieldPath("metadata", "name"),
                        "priority class names with 'system-' prefix are reserved for system use only. error: \(wrong)"))
            }
        } else if value > 1_000_000_000 {
            problems.append(
                .forbidden(FieldPath("value"), "maximum allowed value of a user defined priority is 1000000000"))
        }
        if object.has("preemptionPolicy") {
            problems.oneOf(object, "preemptionPolicy", inOrder: ["PreemptLowerPriority", "Never"], FieldPath())
        }
        return problems
    }

    private static func systemClassProblem(_ name: String, _ value: Int, _ isDefault: Bool) -> String? {
        guard let known = systemClasses[name] else { return "\(name) is not a known system priority class" }
        if known != value { return "value of \(name) PriorityClass must be \(known)" }
        return isDefault ? "globalDefault of \(name) PriorityClass must be false" : nil
    }

    @Sendable static func priorityClassUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        var problems: [Problem] = []
        if new.number("value") != old.number("value") {
            problems.append(.forbidden(FieldPath("value"), "may not be changed in an update."))
        }
        problems.immutable(new["preemptionPolicy"], old["preemptionPolicy"], FieldPath("preemptionPolicy"))
        return problems
    }

    @Sendable static func runtimeClass(_ object: Value) -> [Problem] {
        var problems: [Problem] = []
        let handler = object.text("handler")
        if handler.isEmpty { problems.append(.required(FieldPath("handler"))) } else { problems.label(handler, FieldPath("handler")) }
        if let overhead = object[path: "overhead", "podFixed"] {
            ResourceListRules.requirements(["limits": overhead], FieldPath("overhead"), claims: nil, &problems)
        }
        if let scheduling = object.part("scheduling") {
            let path = FieldPath("scheduling")
            problems.labels(scheduling["nodeSelector"], path / "nodeSelector")
            TolerationRules.validate(scheduling.list("tolerations"), path / "tolerations", &problems)
            var seen: Set<Value> = []
            for (index, toleration) in scheduling.list("tolerations").enumerated() where !seen.insert(toleration).inserted {
                problems.append(
                    Problem(
                        (path / "tolerations").index(index), .duplicate,
                        "Duplicate value: \(GoStruct.text(toleration, "Toleration"))"))
            }
        }
        return problems
    }

    @Sendable static func runtimeClassUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        var problems: [Problem] = []
        problems.immutable(new["handler"], old["handler"], FieldPath("handler"))
        return problems
    }

    @Sendable static func revision(_ object: Value) -> [Problem] {
        var problems: [Problem] = []
        if !object.has("data") { problems.append(.required(FieldPath("data"), "data is mandatory")) }
        problems.nonnegative(object, "revision", FieldPath())
        return problems
    }

    @Sendable static func revisionUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        var problems = revision(new)
        problems.immutable(new["data"], old["data"], FieldPath("data"))
        return problems
    }
}
