import ClusterObjects

extension Kinds {
    /// Where daemon sets count the changes of their template, as they did before `metadata.generation`.
    private static let templateGeneration = "deprecated.daemonset.template.generation"

    static func daemonSet(_ resource: inout Resource) {
        StatusOwnership.rules(&resource, generation: true)
        resource.rules.warnings = PodWarnings.workload
        resource.rules.validate = DaemonSetRules.validate
        resource.rules.validateUpdate = WorkloadRules.update(DaemonSetRules.validate, status: DaemonSetRules.status)
        resource.rules.prepareForCreate = { set in
            set["status"] = ["currentNumberScheduled": 0, "desiredNumberScheduled": 0, "numberMisscheduled": 0, "numberReady": 0]
            set[path: "metadata", "annotations", templateGeneration] = "1"
        }
        resource.rules.prepareForUpdate = { new, old, subresource in
            StatusOwnership.keep(&new, old, subresource)
            var generation = Int(old[path: "metadata", "annotations", templateGeneration]?.string ?? "") ?? 0
            if new[path: "spec", "template"] != old[path: "spec", "template"] { generation += 1 }
            new[path: "metadata", "annotations", templateGeneration] = .string(String(generation))
        }
        resource.rules.setDefaults = { set in
            // What the server counts is there before it counts.
            if set[path: "metadata", "annotations", templateGeneration] == nil {
                set[path: "metadata", "annotations", templateGeneration] = "0"
            }
            set.edit("spec") { spec in
                spec.edit("template") { $0.edit("spec", PodSpecDefaults.apply) }
                spec.fill("updateStrategy", .emptyObject)
                spec.edit("updateStrategy") { strategy in
                    if (strategy["type"]?.string ?? "").isEmpty { strategy["type"] = "RollingUpdate" }
                    guard strategy["type"]?.string == "RollingUpdate" else { return }
                    strategy["rollingUpdate", default: .emptyObject].fill("maxUnavailable", 1)
                    strategy["rollingUpdate", default: .emptyObject].fill("maxSurge", 0)
                }
                spec.fill("revisionHistoryLimit", 10)
            }
        }
    }
}

/// What DaemonSets must be. Source: pkg/apis/apps/validation.
enum DaemonSetRules {
    private static let path = FieldPath("spec")

    @Sendable static func validate(_ new: Value) -> [Problem] {
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
        strategy(spec["updateStrategy"] ?? .emptyObject, path / "updateStrategy", &problems)
        problems.nonnegative(spec, "revisionHistoryLimit", path)
        return problems
    }

    private static func strategy(_ strategy: Value, _ path: FieldPath, _ problems: inout [Problem]) {
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

    @Sendable static func status(_ new: Value, _ old: Value) -> [Problem] {
        let status = new["status"] ?? .emptyObject
        var problems = WorkloadStatusRules.counts(
            status,
            [
                "currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady", "observedGeneration",
                "updatedNumberScheduled", "numberAvailable", "numberUnavailable",
            ])
        WorkloadStatusRules.collisions(status, old["status"] ?? .emptyObject, &problems)
        return problems
    }
}
