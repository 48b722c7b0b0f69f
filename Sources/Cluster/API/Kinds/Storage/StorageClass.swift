import ClusterObjects

extension Kinds {
    static func storageClass(_ resource: inout Resource) {
        resource.rules.setDefaults = { object in
            object.fill("reclaimPolicy", "Delete")
            object.fill("volumeBindingMode", "Immediate")
        }
        resource.rules.validate = StorageClassRules.validate
        resource.rules.validateUpdate = StorageClassRules.validateUpdate
    }
}

/// What StorageClasses must be. Source: pkg/apis/storage/validation.
enum StorageClassRules {
    @Sendable static func validate(_ object: Value) -> [Problem] {
        var problems: [Problem] = []
        DriverRules.name(object.text("provisioner"), FieldPath("provisioner"), &problems)
        DriverRules.parameters(object.map("parameters"), FieldPath("parameters"), &problems)
        problems.oneOfIfSet(object, "reclaimPolicy", ["Delete", "Retain"], FieldPath())
        problems.oneOf(object, "volumeBindingMode", ["Immediate", "WaitForFirstConsumer"], FieldPath())
        topologies(object.list("allowedTopologies"), &problems)
        return problems
    }

    private static func topologies(_ topologies: [Value], _ problems: inout [Problem]) {
        var seen: Set<Value> = []
        for (index, term) in topologies.enumerated() {
            let path = FieldPath("allowedTopologies").index(index)
            var keys: Set<String> = []
            for (place, requirement) in term.list("matchLabelExpressions").enumerated() {
                let here = (path / "matchLabelExpressions").index(place)
                let values = requirement["values"]?.strings ?? []
                if values.isEmpty { problems.append(.required(here / "values")) }
                var known: Set<String> = []
                for (offset, value) in values.enumerated() where !known.insert(value).inserted {
                    problems.append(.duplicate((here / "values").index(offset), .string(value)))
                }
                problems.qualifiedName(requirement.text("key"), here / "key")
                if !keys.insert(requirement.text("key")).inserted {
                    problems.append(.duplicate(here / "key", .string(requirement.text("key"))))
                }
            }
            if !seen.insert(term).inserted {
                problems.append(Problem(path / "matchLabelExpressions", .duplicate, "Duplicate value: \"\""))
            }
        }
    }

    @Sendable static func validateUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        var problems = validate(new)
        for key in ["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"] {
            problems.immutable(new[key], old[key], FieldPath(key))
        }
        return problems
    }
}
