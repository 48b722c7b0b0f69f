import ClusterObjects

extension Kinds {
    static func replicationController(_ resource: inout Resource) {
        StatusOwnership.rules(&resource, generation: true)
        scale(&resource, selector: "spec.selector")
        resource.selectableFields = ["status.replicas"]
        resource.rules.defaultPropagation = "orphan"
        resource.rules.prepareForCreate = { $0["status"] = ["replicas": 0] }
        resource.rules.setDefaults = { controller in
            // What is not said of the selector and the labels is what the template says.
            if let labels = controller[path: "spec", "template", "metadata", "labels"], !(labels.object?.isEmpty ?? true) {
                if controller["spec"]?.map("selector").isEmpty ?? true { controller[path: "spec", "selector"] = labels }
                if controller["metadata"]?.map("labels").isEmpty ?? true { controller[path: "metadata", "labels"] = labels }
            }
            controller["spec", default: .emptyObject].fill("replicas", 1)
            controller.edit("spec") { spec in spec.edit("template") { $0.edit("spec", PodSpecDefaults.apply) } }
        }
        resource.rules.warnings = PodWarnings.workload
        resource.rules.validate = ReplicationControllerRules.validate
        resource.rules.validateUpdate = ReplicationControllerRules.validateUpdate
    }
}

/// What ReplicationControllers must be.
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
        case "status": ReplicaSetRules.status(new, old)
        default: []
        }
    }
}
