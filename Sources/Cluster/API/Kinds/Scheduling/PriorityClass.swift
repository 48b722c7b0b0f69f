import ClusterObjects

extension Kinds {
    static func priorityClass(_ resource: inout Resource) {
        // Its generation stays what it was when it was made.
        resource.rules.prepareForCreate = { $0[path: "metadata", "generation"] = 1 }
        resource.rules.setDefaults = { $0.fill("preemptionPolicy", "PreemptLowerPriority") }
        resource.rules.validate = PriorityClassRules.validate
        resource.rules.validateUpdate = PriorityClassRules.validateUpdate
    }
}

/// What PriorityClasses must be.
enum PriorityClassRules {
    private static let systemClasses = ["system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000]

    @Sendable static func validate(_ object: Value) -> [Problem] {
        var problems: [Problem] = []
        let name = object[path: "metadata", "name"]?.string ?? ""
        let value = object.number("value")
        if name.hasPrefix("system-") {
            if let wrong = systemClassProblem(name, value, object.flag("globalDefault")) {
                problems.append(
                    .forbidden(
                        FieldPath("metadata", "name"),
                        "priority class names with 'system-' prefix are reserved for system use only. error: \(wrong)"))
            }
        } else if value > 1_000_000_000 {
            problems.append(
                .forbidden(FieldPath("value"), "maximum allowed value of a user defined priority is 1000000000"))
        }
        if object.has("preemptionPolicy") {
            problems.oneOf(object, "preemptionPolicy", inOrder: ["PreemptLowerPriority", "Never"], FieldPath())
        }
        return problems
    }

    private static func systemClassProblem(_ name: String, _ value: Int, _ isDefault: Bool) -> String? {
        guard let known = systemClasses[name] else { return "\(name) is not a known system priority class" }
        if known != value { return "value of \(name) PriorityClass must be \(known)" }
        return isDefault ? "globalDefault of \(name) PriorityClass must be false" : nil
    }

    @Sendable static func validateUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        var problems: [Problem] = []
        if new.number("value") != old.number("value") {
            problems.append(.forbidden(FieldPath("value"), "may not be changed in an update."))
        }
        problems.immutable(new["preemptionPolicy"], old["preemptionPolicy"], FieldPath("preemptionPolicy"))
        return problems
    }
}
