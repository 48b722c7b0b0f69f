import ClusterObjects

extension Kinds {
    static func deployment(_ resource: inout Resource) {
        StatusOwnership.rules(&resource, generation: true)
        scale(&resource, selector: "spec.selector")
        resource.rules.setDefaults = { deployment in
            deployment["spec", default: .emptyObject].fill("replicas", 1)
            deployment.edit("spec") { spec in
                spec.edit("template") { $0.edit("spec", PodSpecDefaults.apply) }
                spec.fill("strategy", .emptyObject)
                spec.edit("strategy") { strategy in
                    if (strategy["type"]?.string ?? "").isEmpty { strategy["type"] = "RollingUpdate" }
                    guard strategy["type"]?.string == "RollingUpdate" else { return }
                    strategy["rollingUpdate", default: .emptyObject].fill("maxUnavailable", "25%")
                    strategy["rollingUpdate", default: .emptyObject].fill("maxSurge", "25%")
                }
                spec.fill("revisionHistoryLimit", 10)
                spec.fill("progressDeadlineSeconds", 600)
            }
        }
        resource.rules.validate = SelectorRules.validate
        resource.rules.validateUpdate = SelectorRules.validateUpdate
    }

    static func replicaSet(_ resource: inout Resource) {
        StatusOwnership.rules(&resource, generation: true)
        scale(&resource, selector: "spec.selector")
        resource.selectableFields = ["status.replicas"]
        // A count of zero is always written.
        resource.rules.prepareForCreate = { $0["status"] = ["replicas": 0] }
        resource.rules.setDefaults = { set in
            set["spec", default: .emptyObject].fill("replicas", 1)
            set.edit("spec") { spec in spec.edit("template") { $0.edit("spec", PodSpecDefaults.apply) } }
        }
        resource.rules.validate = SelectorRules.validate
        resource.rules.validateUpdate = SelectorRules.validateUpdate
    }

    static func scale(_ resource: inout Resource, selector: String) {
        guard let index = resource.subresources.firstIndex(where: { $0.name == "scale" }) else { return }
        resource.subresources[index].specReplicasPath = "spec.replicas"
        resource.subresources[index].statusReplicasPath = "status.replicas"
        resource.subresources[index].labelSelectorPath = selector
    }
}

/// What a workload's selector must be: present, of its template, never changed.
enum SelectorRules {
    @Sendable static func validate(_ new: Value) -> [Problem] {
        let path = FieldPath("spec", "selector")
        guard let selector = new[path: "spec", "selector"], selector.object != nil else { return [.required(path)] }
        let labels = new[path: "spec", "template", "metadata", "labels"] ?? .emptyObject
        let wanted = selector["matchLabels"]?.stringMap ?? [:]
        if wanted.isEmpty, (selector["matchExpressions"]?.array ?? []).isEmpty {
            return [.invalid(path, selector, "empty selector is invalid for deployment")]
        }
        let has = labels.stringMap ?? [:]
        guard wanted.allSatisfy({ has[$0.key] == $0.value }) else {
            return [
                .invalid(
                    FieldPath("spec", "template", "metadata", "labels"), labels, "`selector` does not match template `labels`")
            ]
        }
        return []
    }

    @Sendable static func validateUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        guard subresource.isEmpty else { return [] }
        var problems = validate(new)
        if let selector = new[path: "spec", "selector"], selector != old[path: "spec", "selector"] {
            problems.append(.invalid(FieldPath("spec", "selector"), selector, "field is immutable"))
        }
        return problems
    }
}
