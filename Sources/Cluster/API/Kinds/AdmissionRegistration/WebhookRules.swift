import ClusterObjects

/// What admission webhooks and policies must be. Source: pkg/apis/admissionregistration/validation.
enum WebhookRules {
    @Sendable static func webhooks(_ configuration: Value) -> [Problem] {
        var problems: [Problem] = []
        var names: Set<String> = []
        for (index, hook) in configuration.list("webhooks").enumerated() {
            let path = FieldPath("webhooks").index(index)
            webhook(hook, path, &problems)
            let versions = hook["admissionReviewVersions"]?.strings ?? []
            if versions.isEmpty {
                problems.append(.required(path / "admissionReviewVersions", "must specify one of v1, v1beta1"))
            } else if !versions.contains("v1"), !versions.contains("v1beta1") {
                problems.append(
                    .invalid(
                        path / "admissionReviewVersions", Value(versions), "must include at least one of v1, v1beta1"))
            }
            let name = hook.text("name")
            if !name.isEmpty, !names.insert(name).inserted { problems.append(.duplicate(path / "name", .string(name))) }
        }
        return problems
    }

    private static func webhook(_ hook: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        qualified(hook.text("name"), path / "name", &problems)
        for (index, rule) in hook.list("rules").enumerated() { self.rule(rule, (path / "rules").index(index), &problems) }
        problems.oneOfIfSet(hook, "failurePolicy", ["Fail", "Ignore"], path)
        problems.oneOfIfSet(hook, "matchPolicy", ["Equivalent", "Exact"], path)
        if hook.has("sideEffects") {
            problems.oneOfIfSet(hook, "sideEffects", ["None", "NoneOnDryRun"], path)
        } else {
            problems.append(.required(path / "sideEffects", "must specify one of None, NoneOnDryRun"))
        }
        problems.oneOfIfSet(hook, "reinvocationPolicy", ["IfNeeded", "Never"], path)
        if let seconds = hook["timeoutSeconds"]?.int, !(1...30 ~= seconds) {
            problems.append(
                .invalid(path / "timeoutSeconds", Value(seconds), "the timeout value must be between 1 and 30 seconds"))
        }
        for key in ["namespaceSelector", "objectSelector"] { problems += LabelSelectorRules.validate(hook[key], path / key) }
        client(hook["clientConfig"] ?? .emptyObject, path / "clientConfig", &problems)
    }

    private static func qualified(_ name: String, _ path: FieldPath, _ problems: inout [Problem]) {
        if name.isEmpty { return problems.append(.required(path)) }
        let wrong = NameFormats.subdomain(name)
        if !wrong.isEmpty { return problems.add(path, name, wrong) }
        if name.split(separator: ".").count < 3 {
            problems.append(
                .invalid(path, .string(name), "should be a domain with at least three segments separated by dots"))
        }
    }

    static func rule(_ rule: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let operations = rule["operations"]?.strings ?? []
        if operations.isEmpty { problems.append(.required(path / "operations")) }
        if operations.count > 1, operations.contains("*") {
            problems.append(
                .invalid(
                    path / "operations", Value(operations), "if '*' is present, must not specify other operations"))
        }
        let known = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"]
        for (index, operation) in operations.enumerated() where !known.contains(operation) {
            problems.append(.notSupported((path / "operations").index(index), .string(operation), known))
        }
        for (key, name) in [("apiGroups", "api groups"), ("apiVersions", "api versions"), ("resources", "resources")] {
            let values = rule["\(key)"]?.strings ?? []
            if values.isEmpty { problems.append(.required(path / key)) }
            if key != "resources", values.count > 1, values.contains("*") {
                problems.append(.invalid(path / key, Value(values), "if '*' is present, must not specify other \(name)"))
            }
        }
        problems.oneOfIfSet(rule, "scope", ["*", "Cluster", "Namespaced"], path)
    }

    private static func client(_ client: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let form = "desired format: https://host[/path]"
        switch (client["url"]?.string, client.part("service")) {
        case (let url?, nil):
            let here = path / "url"
            let parts = url.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let scheme = parts.count == 2 ? String(parts[0]) : ""
            if scheme != "https" {
                problems.append(.invalid(here, .string(scheme), "'https' is the only allowed URL scheme; \(form)"))
            }
            let rest = parts.count == 2 && parts[1].hasPrefix("//") ? parts[1].dropFirst(2) : ""
            let host = rest.prefix { !"/?#".contains($0) }
            if host.isEmpty { problems.append(.invalid(here, "", "host must be specified; \(form)")) }
            if host.contains("@") {
                problems.append(.invalid(here, .string(String(host)), "user information is not permitted in the URL"))
            }
            if let mark = rest.firstIndex(of: "#") {
                problems.append(
                    .invalid(here, .string(String(rest[rest.index(after: mark)...])), "fragments are not permitted in the URL"))
            } else if let mark = rest.firstIndex(of: "?") {
                problems.append(
                    .invalid(
                        here, .string(String(rest[rest.index(after: mark)...])), "query parameters are not permitted in the URL"))
            }
        case (nil, let service?):
            for key in ["name", "namespace"] { problems.required(service, key, path / "service", "service \(key) is required") }
            if let number = service["port"]?.int, !Formats.portNumber(number).isEmpty {
                problems.append(
                    .invalid(
                        path / "service" / "port", Value(number),
                        "port is not valid: \(Formats.portNumber(number).joined(separator: ","))"))
            }
        default: problems.append(.required(path, "exactly one of url or service is required"))
        }
    }

    @Sendable static func policy(_ policy: Value) -> [Problem] {
        let path = FieldPath("spec")
        let spec = policy["spec"] ?? .emptyObject
        var problems: [Problem] = []
        problems.oneOfIfSet(spec, "failurePolicy", ["Fail", "Ignore"], path)
        if let kind = spec.part("paramKind") {
            for key in ["apiVersion", "kind"] { problems.required(kind, key, path / "paramKind") }
        }
        if let constraints = spec.part("matchConstraints") {
            let here = path / "matchConstraints"
            if constraints.list("resourceRules").isEmpty { problems.append(.required(here / "resourceRules")) }
            for (index, rule) in constraints.list("resourceRules").enumerated() {
                self.rule(rule, (here / "resourceRules").index(index), &problems)
            }
            problems.oneOfIfSet(constraints, "matchPolicy", ["Equivalent", "Exact"], here)
        } else {
            problems.append(.required(path / "matchConstraints"))
        }
        if policy.text("kind") == "ValidatingAdmissionPolicy" {
            let missing = "validations or auditAnnotations must contain at least one item"
            if spec.list("validations").isEmpty, spec.list("auditAnnotations").isEmpty {
                problems += [.required(path / "validations", missing), .required(path / "auditAnnotations", missing)]
            }
            for (index, validation) in spec.list("validations").enumerated() {
                problems.required(
                    validation, "expression", (path / "validations").index(index), "expression is not specified")
            }
        } else if spec.list("mutations").isEmpty {
            problems.append(.required(path / "mutations", "mutations must contain at least one item"))
        }
        return problems
    }

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
