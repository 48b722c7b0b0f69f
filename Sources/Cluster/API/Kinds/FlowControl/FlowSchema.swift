import ClusterObjects

extension Kinds {
    /// Which requests belong to which priority level.
    static func flowSchema(_ resource: inout Resource) {
        StatusOwnership.rules(&resource, generation: true)
        resource.rules.setDefaults = { schema in
            schema.edit("spec") { spec in
                if spec.number("matchingPrecedence") == 0 { spec["matchingPrecedence"] = 1000 }
            }
        }
        resource.rules.validate = FlowSchemaRules.validate
        resource.rules.validateUpdate = { new, _, subresource in
            subresource == "status" ? FlowControlRules.conditions(new) : FlowSchemaRules.validate(new)
        }
    }
}

/// What FlowSchemas must be. Source: pkg/apis/flowcontrol/validation.
enum FlowSchemaRules {
    private static let path = FieldPath("spec")
    private static let knownVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"]
    private static let methods = ["ByNamespace", "ByUser"]

    @Sendable static func validate(_ schema: Value) -> [Problem] {
        let spec = schema["spec"] ?? .emptyObject
        var problems: [Problem] = []
        precedence(spec.number("matchingPrecedence"), name: schema["metadata"]?.text("name") ?? "", &problems)
        if let method = spec.part("distinguisherMethod"), !methods.contains(method.text("type")) {
            // Kubernetes shows the whole of it.
            let shown = Value.object(Fields([("Type", method["type"] ?? "")])).jsonText
            problems.append(.notSupported(path / "distinguisherMethod" / "type", shown: shown, inOrder: methods))
        }
        let level = spec["priorityLevelConfiguration"]?.text("name") ?? ""
        let here = path / "priorityLevelConfiguration" / "name"
        if level.isEmpty {
            problems.append(.required(here, "must reference a priority level"))
        } else {
            problems.subdomain(level, here)
        }
        for (index, rule) in spec.list("rules").enumerated() { self.rule(rule, (path / "rules").index(index), &problems) }
        return problems + FlowControlRules.conditions(schema)
    }

    private static func precedence(_ number: Int, name: String, _ problems: inout [Problem]) {
        let here = path / "matchingPrecedence"
        if number <= 0 { problems.append(.invalid(here, Value(number), "must be a positive value")) }
        if number > 10000 { problems.append(.invalid(here, Value(number), "must not be greater than 10000")) }
        if number == 1, name != "exempt" {
            problems.append(.invalid(here, 1, "only the schema named 'exempt' may have matchingPrecedence 1"))
        }
    }

    private static func rule(_ rule: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let subjects = rule.list("subjects")
        if subjects.isEmpty { problems.append(.required(path / "subjects", "subjects must contain at least one value")) }
        for (index, subject) in subjects.enumerated() { self.subject(subject, (path / "subjects").index(index), &problems) }
        let (resources, others) = (rule.list("resourceRules"), rule.list("nonResourceRules"))
        if resources.isEmpty, others.isEmpty {
            problems.append(.required(path, "at least one of resourceRules and nonResourceRules has to be non-empty"))
        }
        for (index, rule) in resources.enumerated() { self.resources(rule, (path / "resourceRules").index(index), &problems) }
        for (index, rule) in others.enumerated() { urls(rule, (path / "nonResourceRules").index(index), &problems) }
    }

    private static func subject(_ subject: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let kinds = ["ServiceAccount": "serviceAccount", "User": "user", "Group": "group"]
        let kind = subject.text("kind")
        guard let field = kinds[kind] else {
            return problems.append(.notSupported(path / "kind", .string(kind), Array(kinds.keys)))
        }
        if let given = subject.part(field) {
            self.subject(given, field, path / field, &problems)
        } else {
            problems.append(.required(path / field, "\(field) is required when subject kind is '\(kind)'"))
        }
        for other in ["ServiceAccount", "User", "Group"] where other != kind {
            guard let field = kinds[other], subject.has(field) else { continue }
            problems.append(.forbidden(path / field, "\(field) is forbidden when subject kind is not '\(other)'"))
        }
    }

    private static func subject(_ given: Value, _ field: String, _ path: FieldPath, _ problems: inout [Problem]) {
        let name = given.text("name")
        if name.isEmpty { problems.append(.required(path / "name")) }
        guard field == "serviceAccount" else { return }
        if !name.isEmpty, name != "*" { problems.subdomain(name, path / "name") }
        let namespace = given.text("namespace")
        if namespace.isEmpty {
            problems.append(.required(path / "namespace", "must specify namespace for service account"))
        } else {
            problems.label(namespace, path / "namespace")
        }
    }

    private static func verbs(_ rule: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let given = rule["verbs"]?.strings ?? []
        if given.isEmpty {
            problems.append(.required(path / "verbs", "verbs must contain at least one value"))
        } else if given.contains("*") {
            alone(given, path / "verbs", "verbs", &problems)
        } else if !Set(given).isSubset(of: knownVerbs) {
            problems.append(.notSupported(path / "verbs", Value(given), knownVerbs))
        }
    }

    /// `*` stands for all, and so by itself.
    private static func alone(_ list: [String], _ path: FieldPath, _ what: String, _ problems: inout [Problem]) {
        guard list.count > 1, list.contains("*") else { return }
        problems.append(.invalid(path, Value(list), "if '*' is present, must not specify other \(what)"))
    }

    private static func resources(_ rule: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        verbs(rule, path, &problems)
        for (key, one, more) in [("apiGroups", "api group", "api groups"), ("resources", "resource", "resources")] {
            let list = rule[key]?.strings ?? []
            if list.isEmpty { problems.append(.required(path / key, "resource rules must supply at least one \(one)")) }
            alone(list, path / key, more, &problems)
        }
        let (namespaces, here) = (rule["namespaces"]?.strings ?? [], path / "namespaces")
        if namespaces.isEmpty, !rule.flag("clusterScope") {
            problems.append(
                .required(here, "resource rules that are not cluster scoped must supply at least one namespace"))
        }
        if namespaces.contains("*") { return alone(namespaces, here, "namespaces", &problems) }
        for (index, name) in namespaces.enumerated() {
            let details = NameFormats.label(name).map { "each member of this list must be '*' or a DNS-1123 label; \($0)" }
            problems.add(here.index(index), name, details)
        }
    }

    private static func urls(_ rule: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        verbs(rule, path, &problems)
        let (urls, here) = (rule["nonResourceURLs"]?.strings ?? [], path / "nonResourceURLs")
        if urls.isEmpty { problems.append(.required(here, "nonResourceURLs must contain at least one value")) }
        if urls.contains("*") { return alone(urls, here, "non-resource URLs", &problems) }
        for (index, url) in urls.enumerated() {
            if let wrong = problem(url) { problems.append(.invalid(here.index(index), .string(url), wrong)) }
        }
    }

    private static func problem(_ url: String) -> String? {
        if url.isEmpty { return "must not be empty" }
        if url == "/" { return nil }
        if !url.hasPrefix("/") { return "must start with slash" }
        if url.contains(" ") { return "must not contain white-space" }
        if url.contains("//") { return "must not contain double slash" }
        let stars = url.filter { $0 == "*" }.count
        return stars > 1 || stars == 1 && !url.hasSuffix("/*") ? "wildcard can only do suffix matching" : nil
    }
}

/// What both kinds of flow control have in common.
enum FlowControlRules {
    static func conditions(_ object: Value) -> [Problem] {
        var problems: [Problem] = []
        var seen: Set<String> = []
        for (index, condition) in (object["status"]?.list("conditions") ?? []).enumerated() {
            let here = FieldPath("status", "conditions").index(index) / "type"
            let type = condition.text("type")
            if !seen.insert(type).inserted { problems.append(.duplicate(here, .string(type))) }
            if type.isEmpty { problems.append(.required(here, "must not be empty")) }
        }
        return problems
    }
}
