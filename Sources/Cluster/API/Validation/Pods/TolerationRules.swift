import ClusterObjects

/// What tolerations and taints must be.
enum TolerationRules {
    private static let effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"]

    static func validate(_ tolerations: [Value], _ path: FieldPath, _ problems: inout [Problem]) {
        for (index, toleration) in tolerations.enumerated() {
            let here = path.index(index)
            let (key, kind, effect) = (toleration.text("key"), toleration.text("operator"), toleration.text("effect"))
            if !key.isEmpty { problems.qualifiedName(key, here / "key") }
            if key.isEmpty, kind != "Exists" {
                problems.append(
                    .invalid(
                        here / "operator", .string(kind),
                        "operator must be Exists when `key` is empty, which means \"match all values and all keys\""))
            }
            if toleration.has("tolerationSeconds"), effect != "NoExecute" {
                problems.append(
                    .invalid(here / "effect", .string(effect), "effect must be 'NoExecute' when `tolerationSeconds` is set"))
            }
            let value = toleration.text("value")
            switch kind {
            case "Equal", "":
                let wrong = NameFormats.labelValue(value)
                if !wrong.isEmpty {
                    problems.append(.invalid(here / "operator", .string(value), wrong.joined(separator: ";")))
                }
            case "Exists":
                if !value.isEmpty {
                    problems.append(
                        .invalid(
                            here / "operator", shown: GoStruct.text(toleration, "Toleration"),
                            "value must be empty when `operator` is 'Exists'"))
                }
            case "Lt", "Gt":
                // Comparisons of numbers, which no release has on by default.
                problems.append(.notSupported(here / "operator", .string(kind), inOrder: ["Equal", "Exists", "Lt", "Gt"]))
            default:
                problems.append(.notSupported(here / "operator", .string(kind), inOrder: ["Equal", "Exists"]))
            }
            if !effect.isEmpty, !effects.contains(effect) {
                problems.append(.notSupported(here / "effect", .string(effect), inOrder: effects))
            }
        }
    }

    static func taints(_ taints: [Value], _ path: FieldPath, _ problems: inout [Problem]) {
        var seen: Set<[String]> = []
        for (index, taint) in taints.enumerated() {
            let here = path.index(index)
            problems.qualifiedName(taint.text("key"), here / "key")
            let wrong = NameFormats.labelValue(taint.text("value"))
            if !wrong.isEmpty {
                problems.append(.invalid(here / "value", .string(taint.text("value")), wrong.joined(separator: ";")))
            }
            problems.oneOf(taint, "effect", inOrder: effects, here)
            if !seen.insert([taint.text("key"), taint.text("effect")]).inserted {
                problems.append(
                    Problem(
                        here, .duplicate,
                        "Duplicate value: \(GoStruct.text(taint, "Taint")): taints must be unique by key and effect pair"))
            }
        }
    }
}
