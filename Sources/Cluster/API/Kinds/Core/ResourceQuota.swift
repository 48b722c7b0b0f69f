import ClusterObjects

extension Kinds {
    static func resourceQuota(_ resource: inout Resource) {
        StatusOwnership.rules(&resource, generation: false)
        resource.rules.validate = QuotaRules.validate
        resource.rules.validateUpdate = QuotaRules.validateUpdate
    }
}

/// What ResourceQuotas must be. Source: pkg/apis/core/validation, ValidateResourceQuota.
enum QuotaRules {
    private static let scopes: Set<String> = [
        "Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity",
        "VolumeAttributesClass",
    ]
    private static let podResources: Set<String> = [
        "pods", "cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.ephemeral-storage", "limits.cpu",
        "limits.memory", "limits.ephemeral-storage",
    ]

    @Sendable static func validate(_ quota: Value) -> [Problem] {
        spec(quota["spec"] ?? .emptyObject) + status(quota["status"] ?? .emptyObject)
    }

    private static func amounts(_ list: Fields, _ path: FieldPath) -> [Problem] {
        list.flatMap { name, value in
            ResourceListRules.quotaName(name, path.key(name)) + ResourceListRules.amount(name, value, path.key(name))
        }
    }

    private static func status(_ status: Value) -> [Problem] {
        ["hard", "used"].flatMap { amounts(status.map($0), FieldPath("status", $0)) }
    }

    private static func spec(_ spec: Value) -> [Problem] {
        let path = FieldPath("spec")
        let hard = spec.map("hard")
        var problems = amounts(hard, path / "hard")
        let list = spec["scopes"]?.strings ?? []
        for scope in list {
            if !scopes.contains(scope) { problems.append(.invalid(path / "scopes", Value(list), "unsupported scope")) }
            for name in hard.keys where ResourceListRules.isStandardQuota(name) && !applies(scope, name) {
                problems.append(.invalid(path / "scopes", Value(list), "unsupported scope applied to resource"))
            }
        }
        conflicts(list, Value(list), path / "scopes", &problems)
        if let selector = spec.part("scopeSelector") { self.selector(selector, spec, path / "scopeSelector", &problems) }
        return problems
    }

    private static func applies(_ scope: String, _ name: String) -> Bool {
        switch scope {
        case "BestEffort": name == "pods"
        case "VolumeAttributesClass": ["persistentvolumeclaims", "requests.storage"].contains(name)
        default: !scopes.contains(scope) || podResources.contains(name) || name.hasPrefix("requests.hugepages-")
        }
    }

    private static func conflicts(_ list: [String], _ shown: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        for pair in [["BestEffort", "NotBestEffort"], ["Terminating", "NotTerminating"]]
        where pair.allSatisfy(list.contains) {
            problems.append(.invalid(path, shown, "conflicting scopes"))
        }
    }

    private static func selector(_ selector: Value, _ spec: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let here = path / "matchExpressions"
        var names: [String] = []
        for requirement in selector.list("matchExpressions") {
            let (scope, kind) = (requirement.text("scopeName"), requirement.text("operator"))
            names.append(scope)
            if !scopes.contains(scope) {
                problems.append(.invalid(here / "scopeName", .string(scope), "unsupported scope"))
            }
            for name in spec.map("hard").keys where ResourceListRules.isStandardQuota(name) && !applies(scope, name) {
                problems.append(.invalid(here, selector, "unsupported scope applied to resource"))
            }
            if scopes.subtracting(["PriorityClass", "VolumeAttributesClass"]).contains(scope), kind != "Exists" {
                problems.append(
                    .invalid(
                        here / "operator", .string(kind),
                        "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, "
                            + "ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or "
                            + "ResourceQuotaScopeCrossNamespacePodAffinity"))
            }
            let values = requirement.list("values")
            switch kind {
            case "In", "NotIn":
                if values.isEmpty {
                    problems.append(
                        .required(
                            here / "values", "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"))
                }
            case "Exists", "DoesNotExist":
                if !values.isEmpty {
                    problems.append(
                        .invalid(
                            here / "values", .array(values),
                            "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"))
                }
            default: problems.append(.invalid(here / "operator", .string(kind), "not a valid selector operator"))
            }
        }
        conflicts(names, spec["scopes"] ?? .null, here, &problems)
    }

    @Sendable static func validateUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        if subresource == "status" { return status(new["status"] ?? .emptyObject) }
        var problems = spec(new["spec"] ?? .emptyObject)
        let scopes = new["spec"]?["scopes"]?.strings ?? []
        if Set(scopes) != Set(old["spec"]?["scopes"]?.strings ?? []) {
            problems.append(.invalid(FieldPath("spec", "scopes"), Value(scopes), [Problem].immutable))
        }
        return problems
    }
}
