import ClusterObjects

extension Kinds {
    static func ingressClass(_ resource: inout Resource) {
        resource.rules.hasGeneration = true
        resource.rules.setDefaults = { object in
            object.edit("spec") { $0.edit("parameters") { $0.fill("scope", "Cluster") } }
        }
        resource.rules.validate = IngressClassRules.validate
        resource.rules.validateUpdate = IngressClassRules.validateUpdate
    }
}

/// What IngressClasses must be. Source: pkg/apis/networking/validation.
enum IngressClassRules {
    private static let path = FieldPath("spec")

    @Sendable static func validate(_ object: Value) -> [Problem] {
        let spec = object["spec"] ?? .emptyObject
        let controller = spec.text("controller")
        var problems: [Problem] = []
        problems.prefixedPath(controller, path / "controller")
        if controller.utf8.count > 250 { problems.append(.tooLong(path / "controller", most: 250)) }
        guard let parameters = spec.part("parameters") else { return problems }
        let here = path / "parameters"
        if parameters.has("apiGroup") { problems.subdomain(parameters.text("apiGroup"), here / "apiGroup") }
        for key in ["kind", "name"] { problems.pathSegment(parameters, key, here) }
        problems.oneOf(parameters, "scope", ["Cluster", "Namespace"], here)
        let namespace = parameters.text("namespace")
        switch parameters.text("scope") {
        case "Namespace":
            if namespace.isEmpty {
                problems.append(.required(here / "namespace", "`parameters.scope` is set to 'Namespace'"))
            }
        case "Cluster":
            if parameters.has("namespace") {
                problems.append(.forbidden(here / "namespace", "`parameters.scope` is set to 'Cluster'"))
            }
        default: break
        }
        return problems
    }

    @Sendable static func validateUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        var problems = validate(new)
        problems.immutable(new["spec"]?["controller"], old["spec"]?["controller"], path / "controller")
        return problems
    }
}
