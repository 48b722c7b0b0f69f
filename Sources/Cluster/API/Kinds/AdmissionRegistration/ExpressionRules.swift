import ClusterObjects

/// What CEL expressions in admission policies and webhooks must be. Source: pkg/apis/admissionregistration/validation and
/// k8s.io/apiserver/pkg/admission/plugin/cel.
enum ExpressionRules {
    /// Compiles an expression and checks that it makes one of some types.
    /// - Returns: its type; nil when it is wrong.
    @discardableResult
    static func check(
        _ text: String, in environment: CEL.Environment, makes types: [CEL.TypeOf]?, _ path: FieldPath, _ problems: inout [Problem]
    ) -> CEL.TypeOf? {
        do {
            let type = try CEL.Checker.check(text, in: environment).type
            guard let types, !types.contains(type) else { return type }
            let detail =
                types.count == 1
                ? "must evaluate to \(types[0].valueName) but got \(type.valueName)"
                : "must evaluate to one of [\(types.map(\.valueName).joined(separator: " "))]"
            problems.append(.invalid(path, .string(text), detail))
        } catch {
            problems.append(.invalid(path, .string(text), "compilation failed: \(error)"))
        }
        return nil
    }

    static func isBlank(_ text: String) -> Bool { text.allSatisfy(\.isWhitespace) }

    static let mostMatchConditions = 64

    /// The conditions under which a webhook or policy is asked at all.
    static func matchConditions(_ conditions: [Value], hasParameters: Bool, _ path: FieldPath, _ problems: inout [Problem]) {
        if conditions.count > mostMatchConditions { problems.append(.tooMany(path, conditions.count, most: mostMatchConditions)) }
        let environment = CEL.AdmissionTypes.environment(hasParameters: hasParameters, hasAuthorizer: true)
        var names: Set<String> = []
        for (index, condition) in conditions.enumerated() {
            let here = path.index(index)
            let (name, expression) = (condition.text("name"), condition.text("expression"))
            if isBlank(expression) {
                problems.append(.required(here / "expression"))
            } else {
                check(expression, in: environment, makes: [.bool], here / "expression", &problems)
            }
            if name.isEmpty {
                problems.append(.required(here / "name"))
            } else {
                problems.qualifiedName(name, here / "name")
                if !names.insert(name).inserted { problems.append(.duplicate(here / "name", .string(name))) }
            }
        }
    }
}
