import ClusterObjects

/// What admission policies and their bindings must be. Source: pkg/apis/admissionregistration/validation.
enum AdmissionPolicyRules {
    @Sendable static func policy(_ policy: Value) -> [Problem] {
        let path = FieldPath("spec")
        let spec = policy["spec"] ?? .emptyObject
        var problems: [Problem] = []
        problems.oneOf(spec, "failurePolicy", ["Fail", "Ignore"], path)
        let hasParameters = spec.part("paramKind") != nil
        if let kind = spec.part("paramKind") { parameterKind(kind, path / "paramKind", &problems) }
        if let constraints = spec.part("matchConstraints") {
            let here = path / "matchConstraints"
            matchResources(constraints, here, &problems)
            if constraints.list("resourceRules").isEmpty { problems.append(.required(here / "resourceRules")) }
        } else {
            problems.append(.required(path / "matchConstraints"))
        }
        ExpressionRules.matchConditions(
            spec.list("matchConditions"), hasParameters: hasParameters, path / "matchConditions", &problems)
        let variables = variables(spec.list("variables"), hasParameters, path / "variables", &problems)
        if policy.text("kind") == "ValidatingAdmissionPolicy" {
            validating(policy, spec, variables, hasParameters, path, &problems)
        } else if spec.list("mutations").isEmpty {
            problems.append(.required(path / "mutations", "mutations must contain at least one item"))
        }
        return problems
    }

    private static func parameterKind(_ kind: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let version = kind.text("apiVersion")
        let parts = version.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if version.isEmpty {
            problems.append(.required(path / "apiVersion"))
        } else if parts.count > 2 {
            problems.append(.invalid(path / "apiVersion", .string(version), "unexpected GroupVersion string: \(version)"))
        } else {
            let (group, name) = parts.count == 2 ? (parts[0], parts[1]) : ("", parts[0])
            let wrong = group.isEmpty ? [] : NameFormats.subdomain(group)
            if !wrong.isEmpty { problems.append(.invalid(path / "apiVersion", .string(group), wrong.joined(separator: ","))) }
            if name.isEmpty {
                problems.append(.required(path / "apiVersion", "version must be specified"))
            } else {
                let wrong = NameFormats.label1035(name)
                if !wrong.isEmpty { problems.append(.invalid(path / "apiVersion", .string(name), wrong.joined(separator: ","))) }
            }
        }
        let name = kind.text("kind")
        if name.isEmpty { return problems.append(.required(path / "kind")) }
        let wrong = NameFormats.label1035(name.lowercased())
        if !wrong.isEmpty {
            let detail = "may have mixed case, but should otherwise match: \(wrong.joined(separator: ","))"
            problems.append(.invalid(path / "kind", .string(name), detail))
        }
    }

    private static func matchResources(_ resources: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        problems.oneOfIfSet(resources, "matchPolicy", ["Equivalent", "Exact"], path)
        for key in ["namespaceSelector", "objectSelector"] { problems += LabelSelectorRules.validate(resources[key], path / key) }
        for key in ["resourceRules", "excludeResourceRules"] {
            for (index, rule) in resources.list(key).enumerated() { WebhookRules.rule(rule, (path / key).index(index), &problems) }
        }
    }

    /// The policy's own variables: each sees those before it.
    private static func variables(
        _ variables: [Value], _ hasParameters: Bool, _ path: FieldPath, _ problems: inout [Problem]
    ) -> [String: CEL.TypeOf] {
        var types: [String: CEL.TypeOf] = [:]
        for (index, variable) in variables.enumerated() {
            let here = path.index(index)
            let (name, expression) = (variable.text("name"), variable.text("expression"))
            if ExpressionRules.isBlank(name) {
                problems.append(.required(here / "name", "name is not specified"))
            } else if !CEL.isIdentifier(name) {
                problems.append(.invalid(here / "name", .string(name), "name is not a valid CEL identifier"))
            }
            if ExpressionRules.isBlank(expression) {
                problems.append(.required(here / "expression", "expression is not specified"))
                continue
            }
            let environment = CEL.AdmissionTypes.environment(hasParameters: hasParameters, hasAuthorizer: true, variables: types)
            let type = ExpressionRules.check(expression, in: environment, makes: nil, here / "expression", &problems)
            // What follows is checked as if it had been right.
            types[name] = type ?? .dyn
        }
        return types
    }

    // MARK: - Validating

    private static let reasons = ["Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized"]
    private static let mostAnnotations = 20
    private static let longestAnnotation = 5 * 1024

    private static func validating(
        _ policy: Value, _ spec: Value, _ variables: [String: CEL.TypeOf], _ hasParameters: Bool, _ path: FieldPath,
        _ problems: inout [Problem]
    ) {
        let missing = "validations or auditAnnotations must contain at least one item"
        let (validations, annotations) = (spec.list("validations"), spec.list("auditAnnotations"))
        if validations.isEmpty, annotations.isEmpty {
            problems += [.required(path / "validations", missing), .required(path / "auditAnnotations", missing)]
            return
        }
        let environment = CEL.AdmissionTypes.environment(hasParameters: hasParameters, hasAuthorizer: true, variables: variables)
        let ofMessages = CEL.AdmissionTypes.environment(hasParameters: hasParameters, hasAuthorizer: false, variables: variables)
        for (index, validation) in validations.enumerated() {
            check(validation, environment, ofMessages, (path / "validations").index(index), &problems)
        }
        if annotations.count > mostAnnotations {
            problems.append(
                .invalid(
                    path / "auditAnnotations", .array(annotations), "must not have more than \(mostAnnotations) auditAnnotations"))
        }
        var keys: Set<String> = []
        for (index, annotation) in annotations.enumerated() {
            let here = (path / "auditAnnotations").index(index)
            check(annotation, of: policy[path: "metadata", "name"]?.string ?? "", environment, here, &problems)
            let key = annotation.text("key")
            if !keys.insert(key).inserted { problems.append(.duplicate(here / "key", .string(key))) }
        }
    }

    private static func check(
        _ validation: Value, _ environment: CEL.Environment, _ ofMessages: CEL.Environment, _ path: FieldPath,
        _ problems: inout [Problem]
    ) {
        let (expression, message) = (validation.text("expression"), validation.text("message"))
        if ExpressionRules.isBlank(expression) {
            problems.append(.required(path / "expression", "expression is not specified"))
        } else {
            ExpressionRules.check(expression, in: environment, makes: [.bool], path / "expression", &problems)
        }
        let messageExpression = validation.text("messageExpression")
        if !messageExpression.isEmpty {
            let here = path / "messageExpression"
            if ExpressionRules.isBlank(messageExpression) {
                problems.append(.invalid(here, .string(messageExpression), "must be non-empty if specified"))
            } else {
                ExpressionRules.check(messageExpression, in: ofMessages, makes: [.string], here, &problems)
            }
        }
        if !message.isEmpty, ExpressionRules.isBlank(message) {
            problems.append(.invalid(path / "message", .string(message), "message must be non-empty if specified"))
        } else if message.drop(while: \.isWhitespace).contains(where: \.isNewline) {
            problems.append(.invalid(path / "message", .string(message), "message must not contain line breaks"))
        }
        problems.oneOfIfSet(validation, "reason", reasons, path)
    }

    private static func check(
        _ annotation: Value, of policy: String, _ environment: CEL.Environment, _ path: FieldPath, _ problems: inout [Problem]
    ) {
        let (key, expression) = (annotation.text("key"), annotation.text("valueExpression"))
        problems.add(path / "key", key, NameFormats.qualifiedName("\(policy)/\(key)"))
        let here = path / "valueExpression"
        if ExpressionRules.isBlank(expression) {
            problems.append(.required(here, "valueExpression is not specified"))
        } else if expression.utf8.count > longestAnnotation {
            problems.append(.required(here, "must not exceed \(longestAnnotation) bytes in length"))
        } else {
            ExpressionRules.check(expression, in: environment, makes: [.string, .null], here, &problems)
        }
    }

    // MARK: - Bindings

    @Sendable static func binding(_ binding: Value) -> [Problem] {
        let path = FieldPath("spec")
        let spec = binding["spec"] ?? .emptyObject
        var problems: [Problem] = []
        problems.name(spec, "policyName", path)
        guard binding.text("kind") == "ValidatingAdmissionPolicyBinding" else { return problems }
        let actions = spec["validationActions"]?.strings ?? []
        if actions.isEmpty {
            problems.append(.required(path / "validationActions", "at least one validation action is required"))
        }
        var seen: Set<String> = []
        for (index, action) in actions.enumerated() {
            let here = (path / "validationActions").index(index)
            if !["Audit", "Deny", "Warn"].contains(action) {
                problems.append(.notSupported(here, .string(action), ["Audit", "Deny", "Warn"]))
            }
            if !seen.insert(action).inserted { problems.append(.duplicate(here, .string(action))) }
        }
        if seen.contains("Deny"), seen.contains("Warn") {
            problems.append(
                .invalid(
                    path / "validationActions", Value(actions),
                    "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)"
                ))
        }
        return problems
    }
}
