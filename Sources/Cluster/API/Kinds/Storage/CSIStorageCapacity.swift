import ClusterObjects

extension Kinds {
    static func csiStorageCapacity(_ resource: inout Resource) {
        resource.rules.validate = CSIStorageCapacityRules.validate
        resource.rules.validateUpdate = CSIStorageCapacityRules.validateUpdate
    }
}

/// What CSIStorageCapacities must be. Source: pkg/apis/storage/validation.
enum CSIStorageCapacityRules {
    @Sendable static func validate(_ object: Value) -> [Problem] {
        var problems = LabelSelectorRules.validate(object["nodeTopology"], FieldPath("nodeTopology"))
        problems.name(object, "storageClassName", FieldPath())
        for key in ["capacity", "maximumVolumeSize"] {
            if let amount = object[key]?.quantity, amount.isNegative {
                problems.append(.invalid(FieldPath(key), .string(amount.description), [Problem].negative))
            }
        }
        return problems
    }

    @Sendable static func validateUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        var problems = validate(new)
        for key in ["nodeTopology", "storageClassName"] { problems.immutable(new[key], old[key], FieldPath(key)) }
        return problems
    }
}
