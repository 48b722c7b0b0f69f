import ClusterObjects

/// What a `metav1.LabelSelector` must be. Source: k8s.io/apimachinery/pkg/apis/meta/v1/validation.
enum LabelSelectorRules {
    static func validate(_ selector: Value?, _ path: FieldPath) -> [Problem] {
        guard let selector, !selector.isNull else { return [] }
        var problems: [Problem] = []
        problems.labels(selector["matchLabels"], path / "matchLabels")
        for (index, expression) in selector.list("matchExpressions").enumerated() {
            let here = (path / "matchExpressions").index(index)
            let values = expression.list("values")
            switch expression.text("operator") {
            case "In", "NotIn":
                if values.isEmpty {
                    problems.append(.required(here / "values", "must be specified when `operator` is 'In' or 'NotIn'"))
                }
            case "Exists", "DoesNotExist":
                if !values.isEmpty {
                    problems.append(
                        .forbidden(here / "values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"))
                }
            default:
                problems.append(.invalid(here / "operator", expression["operator"] ?? "", "not a valid selector operator"))
            }
            problems.qualifiedName(expression.text("key"), here / "key")
            for (place, value) in values.enumerated() {
                let text = value.string ?? ""
                problems.add((here / "values").index(place), text, NameFormats.labelValue(text))
            }
        }
        return problems
    }

    static func isEmpty(_ selector: Value) -> Bool {
        selector.map("matchLabels").isEmpty && selector.list("matchExpressions").isEmpty
    }

    /// Whether a selector, valid and present, picks these labels; an absent one picks nothing.
    static func matches(_ selector: Value?, _ labels: Value?) -> Bool {
        guard let selector, !selector.isNull else { return false }
        return LabelSelector(selector.tree).matches(labels?.stringMap ?? [:])
    }

    /// The selector as Go prints it: labels before expressions, of these key, operator, values.
    static func shown(_ selector: Value) -> String {
        guard selector.object != nil else { return "null" }
        var parts: [String] = []
        if !selector.map("matchLabels").isEmpty { parts.append("\"matchLabels\":" + (selector["matchLabels"]?.jsonText ?? "")) }
        let expressions = selector.list("matchExpressions")
        if !expressions.isEmpty {
            let listed = expressions.map { expression in
                var fields = ["key", "operator"].map { "\"\($0)\":" + Value.string(expression.text($0)).jsonText }
                if !expression.list("values").isEmpty {
                    fields.append("\"values\":" + Value.array(expression.list("values")).jsonText)
                }
                return "{" + fields.joined(separator: ",") + "}"
            }
            parts.append("\"matchExpressions\":[" + listed.joined(separator: ",") + "]")
        }
        return "{" + parts.joined(separator: ",") + "}"
    }
}
