import ClusterObjects

/// What the pod template of a workload must be. Source: pkg/apis/core/validation, ValidatePodTemplateSpec.
enum PodTemplateRules {
    static func validate(_ template: Value?, _ path: FieldPath, claims: Set<String> = []) -> [Problem] {
        let template = template ?? .emptyObject
        var problems: [Problem] = []
        // Kubernetes names these without `metadata`.
        problems.labels(template[path: "metadata", "labels"], path / "labels")
        problems.annotations(template[path: "metadata", "annotations"], path / "annotations")
        problems += PodAnnotationRules.validate(template[path: "metadata", "annotations"], template["spec"], path / "annotations")
        let spec = template["spec"] ?? .emptyObject
        problems += PodSpecRules(spec: defaulted(spec), path: path / "spec", isPod: false, claims: claims).problems
        problems += PodAnnotationRules.agree(template[path: "metadata", "annotations"], spec, path / "spec")
        if !spec.list("ephemeralContainers").isEmpty {
            problems.append(.forbidden(path / "spec" / "ephemeralContainers", "ephemeral containers not allowed in pod template"))
        }
        return problems
    }

    /// A template without a spec has that of Go's zero values, with their defaults.
    private static func defaulted(_ spec: Value) -> Value {
        guard spec["terminationGracePeriodSeconds"] == nil else { return spec }
        var spec = spec
        PodSpecDefaults.apply(to: &spec)
        return spec
    }

    /// What long-running workloads ask beyond that: pods always restart and have no deadline.
    static func alwaysRestarts(_ template: Value?, _ path: FieldPath, kind: String) -> [Problem] {
        let spec = template?["spec"] ?? .emptyObject
        var problems: [Problem] = []
        let policy = spec.text("restartPolicy")
        if !policy.isEmpty, policy != "Always" {
            problems.append(.notSupported(path / "spec" / "restartPolicy", .string(policy), ["Always"]))
        }
        if spec.has("activeDeadlineSeconds") {
            problems.append(
                .forbidden(path / "spec" / "activeDeadlineSeconds", "activeDeadlineSeconds in \(kind) is not Supported"))
        }
        return problems
    }

    /// The template's labels must be ones the selector picks.
    static func matches(_ selector: Value?, _ template: Value?, _ path: FieldPath) -> [Problem] {
        let labels = template?[path: "metadata", "labels"]
        if let selector, !selector.isNull, LabelSelectorRules.isEmpty(selector) { return [] }
        if LabelSelectorRules.matches(selector, labels) { return [] }
        return [.invalid(path / "metadata" / "labels", labels ?? .null, "`selector` does not match template `labels`")]
    }
}
