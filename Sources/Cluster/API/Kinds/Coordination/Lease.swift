import ClusterObjects

extension Kinds {
    static func lease(_ resource: inout Resource) {
        resource.rules.allowsCreateOnUpdate = true
        resource.rules.allowsUnconditionalUpdate = false
        resource.rules.validate = LeaseRules.validate
        resource.rules.validateUpdate = LeaseRules.validateUpdate
    }
}

/// What Leases must be.
enum LeaseRules {
    @Sendable static func validate(_ lease: Value) -> [Problem] {
        let path = FieldPath("spec")
        guard let spec = lease.part("spec") else { return [] }
        var problems: [Problem] = []
        if let seconds = spec["leaseDurationSeconds"]?.int, seconds <= 0 {
            problems.append(.invalid(path / "leaseDurationSeconds", Value(seconds), "must be greater than 0"))
        }
        problems.nonnegative(spec, "leaseTransitions", path)
        if spec.has("strategy") {
            if spec.text("strategy").contains("/") { problems.prefixedPath(spec.text("strategy"), path / "strategy") }
        }
        if spec.has("preferredHolder"), spec.text("strategy").isEmpty {
            problems.append(
                .forbidden(
                    path / "preferredHolder", "may only be specified if `strategy` is defined"))
        }
        return problems
    }

    @Sendable static func validateUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] { validate(new) }
}
