import ClusterObjects

/// Whether the CEL rules in a custom resource's schema are rules: they compile, and what is said beside them makes sense.
/// Source: apiextensions-apiserver, pkg/apis/apiextensions/validation and pkg/apiserver/schema/cel/compilation.go.
enum CustomRuleCheck {
    private static let reasons = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"]

    /// What is wrong with the rules of a schema, their expressions aside.
    static func formProblems(in schema: Value, _ path: FieldPath) -> [Problem] {
        (schema["x-kubernetes-validations"]?.array ?? []).enumerated().flatMap { index, rule in
            formProblems(of: rule, schema, (path / "x-kubernetes-validations").index(index))
        }
    }

    private static func formProblems(of rule: Value, _ schema: Value, _ path: FieldPath) -> [Problem] {
        var problems: [Problem] = []
        func text(_ key: String) -> String { rule[key]?.string ?? "" }
        let message = text("message")
        if isBlank(text("rule")) {
            problems.append(.required(path / "rule", "rule is not specified"))
        } else if !message.isEmpty, isBlank(message) {
            problems.append(.invalid(path / "message", .string(message), "message must be non-empty if specified"))
        } else if hasLines(trimmed(message)) {
            problems.append(.invalid(path / "message", .string(message), "message must not contain line breaks"))
        } else if hasLines(trimmed(text("rule"))), isBlank(message) {
            problems.append(.required(path / "message", "message must be specified if rule contains line breaks"))
        }
        if !text("messageExpression").isEmpty, isBlank(text("messageExpression")) {
            problems.append(.required(path / "messageExpression", "messageExpression must be non-empty if specified"))
        }
        if let reason = rule["reason"]?.string, !reasons.contains(reason) {
            problems.append(.notSupported(path / "reason", .string(reason), reasons))
        }
        let place = text("fieldPath")
        if !place.isEmpty {
            if isBlank(place) { problems.append(.invalid(path / "fieldPath", .string(place), "fieldPath must be non-empty if specified")) }
            if hasLines(place) { problems.append(.invalid(path / "fieldPath", .string(place), "fieldPath must not contain line breaks")) }
            if RulePath.path(place, in: schema) == nil {
                problems.append(.invalid(path / "fieldPath", .string(place), "fieldPath must be a valid path"))
            }
        }
        return problems
    }

    private static func trimmed(_ text: String) -> Substring {
        var text = text[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }

    private static func isBlank(_ text: String) -> Bool { text.allSatisfy(\.isWhitespace) }
    private static func hasLines(_ text: some StringProtocol) -> Bool { text.utf8.contains { $0 == 10 || $0 == 13 } }

    // MARK: - Expressions

    /// What is wrong with the expressions of a schema's rules.
    /// - Parameters:
    ///   - isResource: the schema is of a whole resource.
    ///   - uncorrelatable: where above a list or map begins whose values have no older selves.
    static func expressionProblems(
        in schema: Value, _ path: FieldPath, isResource: Bool, uncorrelatable: FieldPath?
    ) -> [Problem] {
        guard let rules = schema["x-kubernetes-validations"]?.array, !rules.isEmpty else { return [] }
        let path = path / "x-kubernetes-validations"
        guard let environment = RuleEnvironment(schema: schema, isResource: isResource) else {
            let text = "Internal error: internal error: failed to retrieve type information for x-kubernetes-validations"
            return [Problem(path, .internalError, text)]
        }
        return rules.enumerated().flatMap { index, rule in
            problems(of: rule, environment, path.index(index), uncorrelatable)
        }
    }

    private static func problems(
        of rule: Value, _ environment: RuleEnvironment, _ path: FieldPath, _ uncorrelatable: FieldPath?
    ) -> [Problem] {
        let shown = GoStruct.text(rule, "ValidationRule")
        func invalid(_ key: String, _ detail: String) -> Problem {
            Problem(path / key, .invalid, "Invalid value: \(shown): \(detail)")
        }
        var problems: [Problem] = []
        let text = rule["rule"]?.string ?? ""
        var usesOldSelf = false
        do {
            let checked = try CEL.Checker.check(text, in: environment.of(rule))
            usesOldSelf = checked.uses("oldSelf")
            if checked.type != .bool { problems.append(invalid("rule", "cel expression must evaluate to a bool")) }
        } catch {
            problems.append(invalid("rule", "compilation failed: \(error)"))
        }
        if let message = rule["messageExpression"]?.string, !message.isEmpty {
            do {
                let checked = try CEL.Checker.check(message, in: environment.of(rule))
                if checked.type != .string {
                    problems.append(invalid("messageExpression", "messageExpression must evaluate to a string"))
                }
            } catch {
                problems.append(invalid("messageExpression", "messageExpression compilation failed: \(error)"))
            }
        }
        if usesOldSelf {
            if let uncorrelatable {
                let detail = "oldSelf cannot be used on the uncorrelatable portion of the schema within \(uncorrelatable)"
                problems.append(.invalid(path / "rule", .string(text), detail))
            }
        } else if let optional = rule["optionalOldSelf"] {
            problems.append(.invalid(path / "optionalOldSelf", optional, "may not be set if oldSelf is not used in rule"))
        }
        return problems
    }
}

/// The names that rules of a schema can use: `self`, and `oldSelf` for what it was before.
struct RuleEnvironment {
    private let environment: CEL.Environment
    private let type: CEL.TypeOf

    /// Nil when expressions cannot see values of this schema.
    init?(schema: Value, isResource: Bool) {
        var types = CEL.SchemaTypes()
        guard let type = types.type(of: schema, named: "selfType", isResource: isResource) else { return nil }
        var environment = CEL.Environment()
        environment.structures = types.structures
        environment.variables = ["self": type, "oldSelf": type]
        self.environment = environment
        self.type = type
    }

    /// What one rule sees; with `optionalOldSelf` there may be no `oldSelf`.
    func of(_ rule: Value) -> CEL.Environment {
        guard rule["optionalOldSelf"]?.bool == true else { return environment }
        var environment = environment
        environment.variables["oldSelf"] = .optional(type)
        return environment
    }
}
