import ClusterObjects

/// What Deployments, ReplicaSets and DaemonSets must be. Source: pkg/apis/apps/validation.
enum WorkloadRules {
    private static let path = FieldPath("spec")

    @Sendable static func deployment(_ new: Value) -> [Problem] {
        let spec = new["spec"] ?? .emptyObject
        var problems: [Problem] = []
        problems.nonnegative(spec, "replicas", path)
        problems += selected(spec, kind: "ReplicaSet", emptySelector: "deployment")
        strategy(spec["strategy"] ?? .emptyObject, path / "strategy", &problems)
        for key in ["minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"] { problems.nonnegative(spec, key, path) }
        if let deadline = spec["progressDeadlineSeconds"]?.int, deadline <= spec.number("minReadySeconds") {
            problems.append(
                .invalid(path / "progressDeadlineSeconds", Value(deadline), "must be greater than minReadySeconds"))
        }
        return problems
    }

    @Sendable static func replicaSet(_ new: Value) -> [Problem] {
        let spec = new["spec"] ?? .emptyObject
        var problems: [Problem] = []
        for key in ["replicas", "minReadySeconds"] { problems.nonnegative(spec, key, path) }
        return problems + selected(spec, kind: "ReplicaSet", emptySelector: "deployment")
    }

    @Sendable static func daemonSet(_ new: Value) -> [Problem] {
        let spec = new["spec"] ?? .emptyObject
        let selector = spec.part("selector")
        var problems = LabelSelectorRules.validate(selector, path / "selector")
        if problems.isEmpty { problems += PodTemplateRules.matches(selector, spec["template"], path / "template") }
        if let selector, LabelSelectorRules.isEmpty(selector) {
            problems.append(.invalid(path / "selector", selector, "empty selector is invalid for daemonset"))
        }
        problems += PodTemplateRules.validate(spec["template"], path / "template")
        problems += PodTemplateRules.alwaysRestarts(spec["template"], path / "template", kind: "DaemonSet")
        problems.nonnegative(spec, "minReadySeconds", path)
        daemonStrategy(spec["updateStrategy"] ?? .emptyObject, path / "updateStrategy", &problems)
        problems.nonnegative(spec, "revisionHistoryLimit", path)
        return problems
    }

    /// Selector and template of what makes pods by a template.
    static func selected(_ spec: Value, kind: String, emptySelector: String, shown detail: String = "invalid label selector") -> [Problem] {
        var problems: [Problem] = []
        let selector = spec.part("selector")
        if let selector {
            problems += LabelSelectorRules.validate(selector, path / "selector")
            if LabelSelectorRules.isEmpty(selector) {
                problems.append(
                    .invalid(path / "selector", selector, "empty selector is invalid for \(emptySelector)"))
            } else if !problems.isEmpty {
                problems.append(.invalid(path / "selector", shown: LabelSelectorRules.shown(selector), detail))
                return problems
            }
        } else {
            problems.append(.required(path / "selector"))
        }
        problems += PodTemplateRules.matches(selector, spec["template"], path / "template")
        problems += PodTemplateRules.validate(spec["template"], path / "template")
        return problems + PodTemplateRules.alwaysRestarts(spec["template"], path / "template", kind: kind)
    }

    private static func strategy(_ strategy: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        switch strategy.text("type") {
        case "Recreate":
            if strategy.has("rollingUpdate") {
                problems.append(
                    .forbidden(path / "rollingUpdate", "may not be specified when strategy `type` is 'Recreate'"))
            }
        case "RollingUpdate":
            guard let rolling = strategy.part("rollingUpdate") else {
                return problems.append(
                    .required(path / "rollingUpdate", "this should be defaulted and never be nil"))
            }
            let here = path / "rollingUpdate"
            for key in ["maxUnavailable", "maxSurge"] { Counts.check(rolling[key], here / key, &problems) }
            if Counts.isZero(rolling["maxUnavailable"]), Counts.isZero(rolling["maxSurge"]) {
                problems.append(
                    .invalid(
                        here / "maxUnavailable", rolling["maxUnavailable"] ?? 0, "may not be 0 when `maxSurge` is 0"))
            }
            Counts.checkMost(rolling["maxUnavailable"], here / "maxUnavailable", &problems)
        default:
            problems.append(
                .notSupported(
                    path, shown: GoStruct.text(strategy, "DeploymentStrategy"), inOrder: ["Recreate", "RollingUpdate"]))
        }
    }

    private static func daemonStrategy(_ strategy: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        switch strategy.text("type") {
        case "OnDelete": break
        case "RollingUpdate":
            guard let rolling = strategy.part("rollingUpdate") else {
                return problems.append(.required(path / "rollingUpdate"))
            }
            let here = path / "rollingUpdate"
            for key in ["maxUnavailable", "maxSurge"] { Counts.check(rolling[key], here / key, &problems) }
            for key in ["maxUnavailable", "maxSurge"] { Counts.checkMost(rolling[key], here / key, &problems) }
            switch (Counts.isZero(rolling["maxUnavailable"]), Counts.isZero(rolling["maxSurge"])) {
            case (false, false):
                problems.append(
                    .invalid(here / "maxSurge", rolling["maxSurge"] ?? 0, "may not be set when maxUnavailable is non-zero"))
            case (true, true):
                problems.append(.required(here / "maxUnavailable", "cannot be 0 when maxSurge is 0"))
            default: break
            }
        default:
            problems.append(
                .notSupported(
                    path, shown: GoStruct.text(strategy, "DeploymentStrategy"), inOrder: ["RollingUpdate", "OnDelete"]))
        }
    }

    /// An update: the same, and the selector stays.
    static func update(
        _ validate: @escaping @Sendable (Value) -> [Problem], status: @escaping @Sendable (Value, Value) -> [Problem]
    ) -> @Sendable (Value, Value, String) -> [Problem] {
        { new, old, subresource in
            if subresource == "status" { return status(new, old) }
            guard subresource.isEmpty || subresource == "scale" else { return [] }
            var problems = validate(new)
            problems.immutable(
                new[path: "spec", "selector"], old[path: "spec", "selector"], path / "selector", shown: LabelSelectorRules.shown)
            return problems
        }
    }
}

/// Counts that may be percentages.
enum Counts {
    static func check(_ value: Value?, _ path: FieldPath, _ problems: inout [Problem]) {
        if let text = value?.string {
            if Formats.percent(text) == nil { problems.append(.invalid(path, .string(text), Formats.notPercent)) }
        } else if let number = value?.int, number < 0 {
            problems.append(.invalid(path, Value(number), [Problem].negative))
        }
    }

    static func checkMost(_ value: Value?, _ path: FieldPath, _ problems: inout [Problem]) {
        if let text = value?.string, let percent = Formats.percent(text), percent > 100 {
            problems.append(.invalid(path, .string(text), "must not be greater than 100%"))
        }
    }

    static func isZero(_ value: Value?) -> Bool {
        if let text = value?.string { return (Formats.percent(text) ?? Int(text) ?? 0) == 0 }
        return (value?.int ?? 0) == 0
    }
}
