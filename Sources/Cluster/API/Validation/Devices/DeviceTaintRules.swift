import ClusterObjects

/// What keeps claims off devices, and which claims bear it. Source: pkg/apis/resource/validation.
enum DeviceTaintRules {
    private static let effects = ["NoExecute", "NoSchedule", "None"]

    static func taint(_ taint: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        problems.qualifiedName(taint.text("key"), path / "key")
        problems.add(path / "value", taint.text("value"), NameFormats.labelValue(taint.text("value")))
        problems.oneOf(taint, "effect", effects, path)
    }

    static func toleration(_ toleration: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let (key, value, effect) = (toleration.text("key"), toleration.text("value"), toleration.text("effect"))
        if !key.isEmpty { problems.qualifiedName(key, path / "key") }
        switch toleration.text("operator") {
        case "Exists":
            if !value.isEmpty {
                problems.append(.invalid(path / "value", .string(value), "must be empty for operator `Exists`"))
            }
        case "Equal": problems.add(path / "value", value, NameFormats.labelValue(value))
        default: problems.oneOf(toleration, "operator", inOrder: ["Equal", "Exists"], path)
        }
        if !effect.isEmpty { problems.oneOf(toleration, "effect", effects, path) }
    }
}
