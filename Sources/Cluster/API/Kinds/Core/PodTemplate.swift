import ClusterObjects

extension Kinds {
    static func podTemplate(_ resource: inout Resource) {
        resource.rules.hasGeneration = true
        resource.rules.setDefaults = { object in object.edit("template") { $0.edit("spec", PodSpecDefaults.apply) } }
        resource.rules.validate = PodTemplateObjectRules.validate
        resource.rules.validateUpdate = { new, _, _ in PodTemplateObjectRules.validate(new) }
    }
}

/// What PodTemplates must be.
enum PodTemplateObjectRules {
    @Sendable static func validate(_ new: Value) -> [Problem] {
        PodTemplateRules.validate(new["template"], FieldPath("template"))
    }
}
