import ClusterObjects

/// What LimitRanges must be. Source: pkg/apis/core/validation, ValidateLimitRange.
enum LimitRules {
    private static let types = ["Pod", "Container", "PersistentVolumeClaim"]

    @Sendable static func validate(_ range: Value) -> [Problem] {
        var problems: [Problem] = []
        var seen: Set<String> = []
        for (index, limit) in (range["spec"]?.list("limits") ?? []).enumerated() {
            let path = FieldPath("spec", "limits").index(index)
            let type = limit.text("type")
            let wrong = NameFormats.qualifiedName(type)
            problems.add(path / "type", type, wrong)
            if wrong.isEmpty, !type.contains("/"), !types.contains(type) {
                problems.append(
                    .invalid(path / "type", .string(type), "must be a standard limit type or fully qualified"))
            }
            if !seen.insert(type).inserted { problems.append(.duplicate(path / "type", .string(type))) }
            self.limit(limit, type, path, &problems)
        }
        return problems
    }

    private static func limit(_ limit: Value, _ type: String, _ path: FieldPath, _ problems: inout [Problem]) {
        func names(_ list: String) {
            for name in limit.map(list).keys {
                let here = (path / list).key(name)
                problems +=
                    type == "Pod" || type == "Container"
                    ? ResourceListRules.containerName(name, here) : ResourceListRules.name(name, here)
            }
        }
        names("max")
        names("min")
        let hasDefaults = type != "Pod"
        for list in ["default", "defaultRequest"] {
            if hasDefaults {
                names(list)
            } else if !limit.map(list).isEmpty {
                problems.append(.forbidden(path / list, "may not be specified when `type` is 'Pod'"))
            }
        }
        if type == "PersistentVolumeClaim", limit.map("min")["storage"] == nil, limit.map("max")["storage"] == nil {
            problems.append(
                .required(
                    path / "limits", "either minimum or maximum storage value is required, but neither was provided"))
        }
        names("maxLimitRequestRatio")
        let lists = ["max", "min", "maxLimitRequestRatio"] + (hasDefaults ? ["default", "defaultRequest"] : [])
        for name in Set(lists.flatMap { limit.map($0).keys }).sorted() {
            amounts(limit, name, hasDefaults: hasDefaults, path, &problems)
        }
    }

    private static func amounts(
        _ limit: Value, _ name: String, hasDefaults: Bool, _ path: FieldPath, _ problems: inout [Problem]
    ) {
        func amount(_ list: String) -> Quantity? { limit.map(list)[name]?.quantity }
        let (least, most) = (amount("min"), amount("max"))
        let preset = hasDefaults ? amount("default") : nil
        let request = hasDefaults ? amount("defaultRequest") : nil
        func compare(_ low: Quantity?, _ high: Quantity?, _ list: String, _ shown: Quantity?, _ lowName: String, _ highName: String) {
            guard let low, let high, let shown, low > high else { return }
            problems.append(
                .invalid(
                    (path / list).key(name), .string(shown.description),
                    "\(lowName) value \(low) is greater than \(highName) value \(high)"))
        }
        compare(least, most, "min", least, "min", "max")
        compare(least, request, "defaultRequest", request, "min", "default request")
        compare(request, most, "defaultRequest", request, "default request", "max")
        compare(request, preset, "defaultRequest", request, "default request", "default limit")
        compare(least, preset, "default", least, "min", "default")
        compare(preset, most, "default", most, "default", "max")
        if let ratio = amount("maxLimitRequestRatio") {
            let here = (path / "maxLimitRequestRatio").key(name)
            if ratio < Quantity(1) { problems.append(.invalid(here, .string(ratio.description), "ratio \(ratio) is less than 1")) }
            if let least, let most, !least.isZero, ratio.double > most.double / least.double {
                problems.append(
                    .invalid(
                        here, .string(ratio.description),
                        "ratio \(ratio) is greater than max/min = \(sixPlaces(most.double / least.double))"))
            }
        }
        if !ResourceListRules.mayOvercommit(name), let preset, let request, preset != request {
            problems.append(
                .invalid(
                    (path / "defaultRequest").key(name), .string(request.description),
                    "default value \(preset) must equal to defaultRequest value \(request) in \(name)"))
        }
    }

    private static func sixPlaces(_ number: Double) -> String {
        guard number.isFinite, abs(number) < 1e12 else { return "\(number)" }
        let scaled = Int((number * 1e6).rounded())
        let fraction = String(scaled % 1_000_000)
        return "\(scaled / 1_000_000).\(String(repeating: "0", count: 6 - fraction.count))\(fraction)"
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
