import ClusterObjects

extension Kinds {
    static func resourceClaim(_ resource: inout Resource) {
        StatusOwnership.rules(&resource, generation: false)
        resource.rules.setDefaults = { $0.edit("spec", DeviceRequestRules.setDefaults) }
        resource.rules.validate = { claim in
            var problems: [Problem] = []
            DeviceRequestRules.validate(claim["spec"] ?? .emptyObject, FieldPath("spec"), &problems)
            return problems
        }
        resource.rules.validateUpdate = { new, old, subresource in
            if subresource == "status" { return AllocationRules.validate(new, old) }
            var problems: [Problem] = []
            problems.immutable(new["spec"], old["spec"], FieldPath("spec"))
            return problems
        }
    }
}
