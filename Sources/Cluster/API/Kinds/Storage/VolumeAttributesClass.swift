import ClusterObjects

extension Kinds {
    static func volumeAttributesClass(_ resource: inout Resource) {
        resource.rules.validate = VolumeAttributesClassRules.validate
        resource.rules.validateUpdate = VolumeAttributesClassRules.validateUpdate
    }
}

/// What VolumeAttributesClasses must be. Source: pkg/apis/storage/validation.
enum VolumeAttributesClassRules {
    @Sendable static func validate(_ object: Value) -> [Problem] {
        var problems: [Problem] = []
        let parameters = object.map("parameters")
        DriverRules.name(object.text("driverName"), FieldPath("driverName"), &problems)
        DriverRules.parameters(parameters, FieldPath("parameters"), &problems)
        if parameters.isEmpty { problems.append(.required(FieldPath("parameters"), "must contain at least one key/value pair")) }
        return problems
    }

    @Sendable static func validateUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        let changed = ["driverName", "parameters"].filter { ![Problem].same(new[$0], old[$0]) }
        return changed.map { .forbidden(FieldPath($0), "updates to \($0) are forbidden.") } + validate(new)
    }
}
