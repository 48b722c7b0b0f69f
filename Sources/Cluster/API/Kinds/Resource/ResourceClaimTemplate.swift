import ClusterObjects

extension Kinds {
    static func resourceClaimTemplate(_ resource: inout Resource) {
        resource.rules.setDefaults = { $0.edit("spec") { $0.edit("spec", DeviceRequestRules.setDefaults) } }
        resource.rules.validate = { template in
            let (spec, path) = (template["spec"] ?? .emptyObject, FieldPath("spec"))
            var problems: [Problem] = []
            problems.annotations(spec[path: "metadata", "annotations"], path / "metadata" / "annotations")
            problems.labels(spec[path: "metadata", "labels"], path / "metadata" / "labels")
            DeviceRequestRules.validate(spec["spec"] ?? .emptyObject, path / "spec", &problems)
            return problems
        }
        resource.rules.validateUpdate = { new, old, _ in
            var problems: [Problem] = []
            problems.immutable(new["spec"], old["spec"], FieldPath("spec"))
            return problems
        }
    }
}
