import ClusterObjects

extension Kinds {
    static func csiNode(_ resource: inout Resource) {
        resource.rules.validate = CSINodeRules.validate
        resource.rules.validateUpdate = { new, _, _ in CSINodeRules.validate(new) }
    }
}

/// What CSINodes must be. Source: pkg/apis/storage/validation.
enum CSINodeRules {
    @Sendable static func validate(_ object: Value) -> [Problem] {
        let path = FieldPath("spec", "drivers")
        var problems: [Problem] = []
        var names: Set<String> = []
        for (index, driver) in (object["spec"]?.list("drivers") ?? []).enumerated() {
            let here = path.index(index)
            let name = driver.text("name")
            CSIRules.driverName(name, here / "name", &problems)
            problems.required(driver, "nodeID", here)
            if let count = driver[path: "allocatable", "count"]?.int, count < 0 {
                problems.append(.invalid(here / "allocatable" / "count", Value(count), [Problem].negative))
            }
            if !names.insert(name).inserted { problems.append(.duplicate(here / "name", .string(name))) }
        }
        return problems
    }
}
