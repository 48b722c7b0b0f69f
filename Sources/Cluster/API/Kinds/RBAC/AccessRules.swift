import ClusterObjects

extension Kinds {
    /// What Roles and ClusterRoles have in common: any name that can stand in a path.
    static func roles(_ resource: inout Resource) {
        resource.rules.nameRule = .pathSegment
        resource.rules.allowsCreateOnUpdate = true
        let validate = AccessRules.role(namespaced: resource.isNamespaced)
        resource.rules.validate = validate
        resource.rules.validateUpdate = { new, _, _ in validate(new) }
    }

    static func bindings(_ resource: inout Resource) {
        resource.rules.nameRule = .pathSegment
        resource.rules.allowsCreateOnUpdate = true
        resource.rules.validate = AccessRules.binding(namespaced: resource.isNamespaced)
        resource.rules.validateUpdate = AccessRules.bindingUpdate(namespaced: resource.isNamespaced)
        resource.rules.setDefaults = { binding in
            binding.edit("roleRef") { if $0.text("apiGroup").isEmpty { $0["apiGroup"] = "rbac.authorization.k8s.io" } }
            binding.editEach("subjects") { subject in
                switch subject["kind"]?.string {
                case "ServiceAccount": subject.fill("apiGroup", "")
                case "User", "Group": subject.fill("apiGroup", "rbac.authorization.k8s.io")
                default: break
                }
                if subject["apiGroup"]?.string == "" { subject["apiGroup"] = nil }
            }
        }
    }
}

/// What roles and their bindings must be. Source: pkg/apis/rbac/validation.
enum AccessRules {
    private static let group = "rbac.authorization.k8s.io"

    static func role(namespaced: Bool) -> @Sendable (Value) -> [Problem] {
        { role in
            var problems: [Problem] = []
            for (index, rule) in role.list("rules").enumerated() {
                self.rule(rule, namespaced: namespaced, FieldPath("rules").index(index), &problems)
            }
            if let aggregation = role.part("aggregationRule") {
                let path = FieldPath("aggregationRule", "clusterRoleSelectors")
                let selectors = aggregation.list("clusterRoleSelectors")
                if selectors.isEmpty {
                    problems.append(
                        .required(path, "at least one clusterRoleSelector required if aggregationRule is non-nil"))
                }
                for (index, selector) in selectors.enumerated() {
                    problems += LabelSelectorRules.validate(selector, path.index(index))
                }
            }
            return problems
        }
    }

    private static func rule(_ rule: Value, namespaced: Bool, _ path: FieldPath, _ problems: inout [Problem]) {
        if rule.list("verbs").isEmpty { problems.append(.required(path / "verbs", "verbs must contain at least one value")) }
        let urls = rule.list("nonResourceURLs")
        if !urls.isEmpty {
            if namespaced {
                problems.append(
                    .invalid(path / "nonResourceURLs", .array(urls), "namespaced rules cannot apply to non-resource URLs"))
            }
            if ["apiGroups", "resources", "resourceNames"].contains(where: { !rule.list($0).isEmpty }) {
                problems.append(
                    .invalid(
                        path / "nonResourceURLs", .array(urls),
                        "rules cannot apply to both regular resources and non-resource URLs"))
            }
            return
        }
        if rule.list("apiGroups").isEmpty {
            problems.append(.required(path / "apiGroups", "resource rules must supply at least one api group"))
        }
        if rule.list("resources").isEmpty {
            problems.append(.required(path / "resources", "resource rules must supply at least one resource"))
        }
    }

    static func binding(namespaced: Bool) -> @Sendable (Value) -> [Problem] {
        { binding in
            var problems: [Problem] = []
            let reference = binding["roleRef"] ?? .emptyObject
            let path = FieldPath("roleRef")
            let api = reference.text("apiGroup")
            if !api.isEmpty, api != group {
                problems.append(.notSupported(path / "apiGroup", .string(api), [group]))
            }
            let kinds = namespaced ? ["Role", "ClusterRole"] : ["ClusterRole"]
            if !kinds.contains(reference.text("kind")) {
                problems.append(.notSupported(path / "kind", .string(reference.text("kind")), inOrder: kinds))
            }
            let name = reference.text("name")
            if name.isEmpty {
                problems.append(.required(path / "name"))
            } else {
                problems.add(path / "name", name, NameFormats.pathSegment(name))
            }
            for (index, subject) in binding.list("subjects").enumerated() {
                self.subject(subject, namespaced: namespaced, FieldPath("subjects").index(index), &problems)
            }
            return problems
        }
    }

    private static func subject(_ subject: Value, namespaced: Bool, _ path: FieldPath, _ problems: inout [Problem]) {
        let (name, api) = (subject.text("name"), subject.text("apiGroup"))
        if name.isEmpty { problems.append(.required(path / "name")) }
        switch subject.text("kind") {
        case "ServiceAccount":
            if !name.isEmpty { problems.subdomain(name, path / "name") }
            if !api.isEmpty { problems.append(.notSupported(path / "apiGroup", .string(api), [""])) }
            if !namespaced { problems.required(subject, "namespace", path) }
        case "User", "Group":
            if api != group { problems.append(.notSupported(path / "apiGroup", .string(api), [group])) }
        default:
            problems.append(
                .notSupported(
                    path / "kind", .string(subject.text("kind")), inOrder: ["ServiceAccount", "User", "Group"]))
        }
    }

    static func bindingUpdate(namespaced: Bool) -> @Sendable (Value, Value, String) -> [Problem] {
        { new, old, _ in
            var problems = binding(namespaced: namespaced)(new)
            if new["roleRef"] != old["roleRef"] {
                problems.append(
                    .invalid(
                        FieldPath("roleRef"), shown: GoStruct.text(new["roleRef"] ?? .emptyObject, "RoleRef"),
                        "cannot change roleRef"))
            }
            return problems
        }
    }
}
