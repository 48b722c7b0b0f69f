import ClusterObjects

/// What a job's `podFailurePolicy` must be.
enum PodFailurePolicyRules {
    private static let actions = ["Count", "FailIndex", "FailJob", "Ignore"]

    static func validate(_ policy: Value, _ spec: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let rules = policy.list("rules")
        if rules.count > 20 { problems.append(.tooMany(path / "rules", rules.count, most: 20)) }
        let names = Set(
            ["containers", "initContainers"].flatMap { spec[path: "template", "spec"]?.list($0) ?? [] }.map { $0.text("name") })
        for (index, rule) in rules.enumerated() {
            let here = (path / "rules").index(index)
            let action = rule.text("action")
            if action.isEmpty {
                problems.append(.required(here / "action", valid(actions)))
            } else if action == "FailIndex" {
                if !spec.has("backoffLimitPerIndex") {
                    problems.append(
                        .invalid(here / "action", .string(action), "requires the backoffLimitPerIndex to be set"))
                }
            } else if !actions.contains(action) {
                problems.append(.notSupported(here / "action", .string(action), actions))
            }
            let conditions = rule.list("onPodConditions")
            if let codes = rule.part("onExitCodes") { exitCodes(codes, names, here / "onExitCodes", &problems) }
            self.conditions(conditions, here / "onPodConditions", &problems)
            if rule.has("onExitCodes"), !conditions.isEmpty {
                problems.append(
                    .invalid(here, omitted: "specifying both OnExitCodes and OnPodConditions is not supported"))
            } else if !rule.has("onExitCodes"), conditions.isEmpty {
                problems.append(.invalid(here, omitted: "specifying one of OnExitCodes and OnPodConditions is required"))
            }
        }
    }

    private static func valid(_ words: [String]) -> String { "valid values: [\(words.map { "\"\($0)\"" }.joined(separator: " "))]" }

    private static func word(_ object: Value, _ key: String, _ words: [String], _ path: FieldPath, _ problems: inout [Problem]) {
        if object.text(key).isEmpty {
            problems.append(.required(path / key, valid(words)))
        } else {
            problems.oneOf(object, key, words, path)
        }
    }

    private static func conditions(_ conditions: [Value], _ path: FieldPath, _ problems: inout [Problem]) {
        if conditions.count > 20 { problems.append(.tooMany(path, conditions.count, most: 20)) }
        for (index, condition) in conditions.enumerated() {
            problems.qualifiedName(condition.text("type"), path.index(index) / "type")
            word(condition, "status", ["False", "True", "Unknown"], path.index(index), &problems)
        }
    }

    private static func exitCodes(_ codes: Value, _ names: Set<String>, _ path: FieldPath, _ problems: inout [Problem]) {
        word(codes, "operator", ["In", "NotIn"], path, &problems)
        if let name = codes["containerName"]?.string, !names.contains(name) {
            problems.append(
                .invalid(
                    path / "containerName", .string(name),
                    "must be one of the container or initContainer names in the pod template"))
        }
        let values = codes.list("values")
        if values.isEmpty {
            problems.append(.invalid(path / "values", codes["values"] ?? .null, "at least one value is required"))
        } else if values.count > 255 {
            problems.append(.tooMany(path / "values", values.count, most: 255))
        }
        var seen: Set<Int> = []
        var isOrdered = true
        var last = Int.min
        for (index, value) in values.enumerated() {
            let code = value.int ?? 0
            if codes.text("operator") == "In", code == 0 {
                problems.append(.invalid((path / "values").index(index), value, "must not be 0 for the In operator"))
            }
            if !seen.insert(code).inserted { problems.append(.duplicate((path / "values").index(index), value)) }
            if code < last { isOrdered = false }
            last = code
        }
        if !isOrdered { problems.append(.invalid(path / "values", .array(values), "must be ordered")) }
    }
}
