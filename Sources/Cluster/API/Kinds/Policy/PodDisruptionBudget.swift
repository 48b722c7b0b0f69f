import ClusterObjects

extension Kinds {
    static func disruptionBudget(_ resource: inout Resource) {
        StatusOwnership.rules(&resource, generation: true)
        resource.rules.allowsUnconditionalUpdate = false
        resource.rules.prepareForCreate = {
            $0["status"] = ["currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0]
        }
        resource.rules.validate = DisruptionBudgetRules.validate
        resource.rules.validateUpdate = DisruptionBudgetRules.validateUpdate
    }
}

/// What PodDisruptionBudgets must be.
enum DisruptionBudgetRules {
    @Sendable static func validate(_ budget: Value) -> [Problem] {
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

    @Sendable static func validateUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        guard subresource == "status" else { return validate(new) }
        var problems: [Problem] = []
        for key in ["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"] {
            problems.nonnegative(new["status"] ?? .emptyObject, key, FieldPath("status"))
        }
        return problems
    }
}
