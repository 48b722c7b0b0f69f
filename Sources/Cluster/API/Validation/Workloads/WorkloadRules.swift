import ClusterObjects

/// What the workloads that make pods by a template have in common. Source: pkg/apis/apps/validation.
enum WorkloadRules {
    private static let path = FieldPath("spec")

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
