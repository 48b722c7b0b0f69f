import ClusterObjects

extension Kinds {
    static func deviceClass(_ resource: inout Resource) {
        resource.rules.hasGeneration = true
        resource.rules.validate = DeviceClassRules.validate
        resource.rules.validateUpdate = { new, _, _ in DeviceClassRules.validate(new) }
    }
}

/// What DeviceClasses must be. Source: pkg/apis/resource/validation.
enum DeviceClassRules {
    @Sendable static func validate(_ object: Value) -> [Problem] {
        let (spec, path) = (object["spec"] ?? .emptyObject, FieldPath("spec"))
        var problems: [Problem] = []
        DeviceSelectorRules.validate(spec, path, &problems)
        problems.each(spec, "config", path, most: DeviceConfigurationRules.most, DeviceConfigurationRules.validate)
        if let name = spec.part("extendedResourceName")?.string, !ResourceListRules.isExtended(name) {
            problems.append(
                .invalid(path / "extendedResourceName", .string(name), "must be a valid extended resource name"))
        }
        return problems
    }
}
