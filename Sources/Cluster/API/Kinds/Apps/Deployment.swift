import ClusterObjects

extension Kinds {
    static func deployment(_ resource: inout Resource) {
        StatusOwnership.rules(&resource, generation: true)
        scale(&resource, selector: "spec.selector")
        resource.rules.prepareForUpdate = { new, old, subresource in
            StatusOwnership.keep(&new, old, subresource)
            if subresource == "status" { new[path: "metadata", "labels"] = old[path: "metadata", "labels"] }
        }
        resource.rules.setDefaults = { deployment in
            deployment["spec", default: .emptyObject].fill("replicas", 1)
            deployment.edit("spec") { spec in
                spec.edit("template") { $0.edit("spec", PodSpecDefaults.apply) }
                spec.fill("strategy", .emptyObject)
                spec.edit("strategy") { strategy in
                    if (strategy["type"]?.string ?? "").isEmpty { strategy["type"] = "RollingUpdate" }
                    guard strategy["type"]?.string == "RollingUpdate" else { return }
                    strategy["rollingUpdate", default: .emptyObject].fill("maxUnavailable", "25%")
                    strategy["rollingUpdate", default: .emptyObject].fill("maxSurge", "25%")
                }
                spec.fill("revisionHistoryLimit", 10)
                spec.fill("progressDeadlineSeconds", 600)
            }
        }
        resource.rules.warnings = PodWarnings.workload
        resource.rules.validate = DeploymentRules.validate
        resource.rules.validateUpdate = WorkloadRules.update(DeploymentRules.validate, status: DeploymentRules.status)
    }
}

/// What Deployments must be. Source: pkg/apis/apps/validation.
enum DeploymentRules {
    private static let path = FieldPath("spec")

    @Sendable static func validate(_ new: Value) -> [Problem] {
        let spec = new["spec"] ?? .emptyObject
        var problems: [Problem] = []
        problems.nonnegative(spec, "replicas", path)
        problems += WorkloadRules.selected(spec, kind: "ReplicaSet", emptySelector: "deployment")
        strategy(spec["strategy"] ?? .emptyObject, path / "strategy", &problems)
        for key in ["minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"] { problems.nonnegative(spec, key, path) }
        if let deadline = spec["progressDeadlineSeconds"]?.int, deadline <= spec.number("minReadySeconds") {
            problems.append(
                .invalid(path / "progressDeadlineSeconds", Value(deadline), "must be greater than minReadySeconds"))
        }
        return problems
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

    @Sendable static func status(_ new: Value, _ old: Value) -> [Problem] {
        let status = new["status"] ?? .emptyObject
        var problems = WorkloadStatusRules.counts(
            status,
            [
                "observedGeneration", "replicas", "updatedReplicas", "terminatingReplicas", "readyReplicas", "availableReplicas",
                "unavailableReplicas",
            ])
        WorkloadStatusRules.collisions(status, .emptyObject, &problems)
        for key in ["updatedReplicas", "readyReplicas", "availableReplicas"] {
            WorkloadStatusRules.atMost(status, key, "replicas", &problems)
        }
        WorkloadStatusRules.atMost(status, "availableReplicas", "readyReplicas", &problems, named: "readyReplicas")
        let before = old["status"]?["collisionCount"]?.int
        if let before, (status["collisionCount"]?.int ?? -1) < before {
            problems.append(
                .invalid(WorkloadStatusRules.path / "collisionCount", status["collisionCount"] ?? .null, "cannot be decremented"))
        }
        return problems
    }
}
