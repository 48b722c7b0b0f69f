import ClusterObjects

extension Kinds {
    static func runtimeClass(_ resource: inout Resource) {
        resource.rules.validate = RuntimeClassRules.validate
        resource.rules.validateUpdate = RuntimeClassRules.validateUpdate
    }
}

/// What RuntimeClasses must be.
enum RuntimeClassRules {
    @Sendable static func validate(_ object: Value) -> [Problem] {
        var problems: [Problem] = []
        let handler = object.text("handler")
        if handler.isEmpty { problems.append(.required(FieldPath("handler"))) } else { problems.label(handler, FieldPath("handler")) }
        if let overhead = object[path: "overhead", "podFixed"] {
            ResourceListRules.requirements(["limits": overhead], FieldPath("overhead"), &problems)
        }
        if let scheduling = object.part("scheduling") {
            let path = FieldPath("scheduling")
            problems.labels(scheduling["nodeSelector"], path / "nodeSelector")
            TolerationRules.validate(scheduling.list("tolerations"), path / "tolerations", &problems)
            var seen: Set<Value> = []
            for (index, toleration) in scheduling.list("tolerations").enumerated() where !seen.insert(toleration).inserted {
                problems.append(
                    Problem(
                        (path / "tolerations").index(index), .duplicate,
                        "Duplicate value: \(GoStruct.text(toleration, "Toleration"))"))
            }
        }
        return problems
    }

    @Sendable static func validateUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        var problems: [Problem] = []
        problems.immutable(new["handler"], old["handler"], FieldPath("handler"))
        return problems
    }
}
