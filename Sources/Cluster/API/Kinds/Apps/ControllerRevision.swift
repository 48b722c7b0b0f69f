import ClusterObjects

extension Kinds {
    static func controllerRevision(_ resource: inout Resource) {
        resource.rules.validate = ControllerRevisionRules.validate
        resource.rules.validateUpdate = ControllerRevisionRules.validateUpdate
    }
}

/// What ControllerRevisions must be.
enum ControllerRevisionRules {
    @Sendable static func validate(_ object: Value) -> [Problem] {
        var problems: [Problem] = []
        if !object.has("data") { problems.append(.required(FieldPath("data"), "data is mandatory")) }
        problems.nonnegative(object, "revision", FieldPath())
        return problems
    }

    @Sendable static func validateUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        var problems = validate(new)
        problems.immutable(new["data"], old["data"], FieldPath("data"))
        return problems
    }
}
