import ClusterObjects

/// What ReplicationControllers and PodTemplates must be.
enum ReplicationControllerRules {
    private static let path = FieldPath("spec")

    @Sendable static func validate(_ new: Value) -> [Problem] {
        let spec = new["spec"] ?? .emptyObject
        var problems: [Problem] = []
        problems.nonnegative(spec, "minReadySeconds", path)
        let selector = spec["selector"]?.stringMap ?? [:]
        if selector.isEmpty { problems.append(.required(path / "selector")) }
        problems.nonnegative(spec, "replicas", path)
        guard let template = spec.part("template") else {
            problems.append(.required(path / "template"))
            return problems
        }
        let labels = template[path: "metadata", "labels"]
        let has = labels?.stringMap ?? [:]
        if !selector.allSatisfy({ has[$0.key] == $0.value }) {
            problems.append(
                .invalid(
                    path / "template" / "metadata" / "labels", labels ?? .null, "`selector` does not match template `labels`"))
        }
        problems += PodTemplateRules.validate(template, path / "template")
        return problems + PodTemplateRules.alwaysRestarts(template, path / "template", kind: "ReplicationController")
    }

    @Sendable static func validateUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        switch subresource {
        case "", "scale": validate(new)
        case "status": WorkloadStatusRules.replicaSet(new, old)
        default: []
        }
    }

    @Sendable static func podTemplate(_ new: Value) -> [Problem] {
        PodTemplateRules.validate(new["template"], FieldPath("template"))
    }
}
