import ClusterObjects

extension Kinds {
    static func limitRange(_ resource: inout Resource) {
        resource.rules.setDefaults = { range in
            range.edit("spec") { spec in
                spec.editEach("limits") { limit in
                    guard limit.text("type") == "Container" else { return }
                    // What is not said of a default is the most, of a request the default, else the least.
                    for (list, sources) in [("default", ["max"]), ("defaultRequest", ["default", "min"])] {
                        for source in sources {
                            for (name, amount) in limit.map(source) { limit[list, default: .emptyObject].fill(name, amount) }
                        }
                    }
                }
            }
        }
        resource.rules.validate = LimitRules.validate
        resource.rules.validateUpdate = { new, _, _ in LimitRules.validate(new) }
    }
}

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
