import ClusterObjects

/// What admission webhooks must be. Source: pkg/apis/admissionregistration/validation.
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
        ExpressionRules.matchConditions(
            hook.list("matchConditions"), hasParameters: false, path / "matchConditions", &problems)
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
}
