import ClusterObjects

/// What affinities and node selectors must be.
enum AffinityRules {
    private static let required = "requiredDuringSchedulingIgnoredDuringExecution"
    private static let preferred = "preferredDuringSchedulingIgnoredDuringExecution"

    static func validate(_ affinity: Value?, _ path: FieldPath, _ problems: inout [Problem]) {
        if let node = affinity?.part("nodeAffinity") {
            let here = path / "nodeAffinity"
            if let selector = node.part(required) { nodeSelector(selector, here / required, &problems) }
            for (index, term) in node.list(preferred).enumerated() {
                let place = (here / preferred).index(index)
                weight(term, place, &problems)
                nodeTerm(term["preference"] ?? .emptyObject, place / "preference", &problems)
            }
        }
        for kind in ["podAffinity", "podAntiAffinity"] {
            guard let pods = affinity?.part(kind) else { continue }
            for (index, term) in pods.list(required).enumerated() {
                podTerm(term, (path / kind / required).index(index), &problems)
            }
            for (index, term) in pods.list(preferred).enumerated() {
                let place = (path / kind / preferred).index(index)
                weight(term, place, &problems)
                podTerm(term["podAffinityTerm"] ?? .emptyObject, place / "podAffinityTerm", &problems)
            }
        }
    }

    static func nodeSelector(_ selector: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let path = path / "nodeSelectorTerms"
        let terms = selector.list("nodeSelectorTerms")
        if terms.isEmpty { problems.append(.required(path, "must have at least one node selector term")) }
        for (index, term) in terms.enumerated() { nodeTerm(term, path.index(index), &problems) }
    }

    private static func weight(_ term: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let weight = term.number("weight")
        if !(1...100 ~= weight) { problems.append(.invalid(path / "weight", Value(weight), "must be in the range 1-100")) }
    }

    private static func nodeTerm(_ term: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        for (index, requirement) in term.list("matchExpressions").enumerated() {
            let here = (path / "matchExpressions").index(index)
            let count = requirement.list("values").count
            switch requirement.text("operator") {
            case "In", "NotIn":
                if count == 0 {
                    problems.append(.required(here / "values", "must be specified when `operator` is 'In' or 'NotIn'"))
                }
            case "Exists", "DoesNotExist":
                if count > 0 {
                    problems.append(
                        .forbidden(here / "values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"))
                }
            case "Gt", "Lt":
                if count != 1 {
                    problems.append(
                        .required(here / "values", "must be specified single value when `operator` is 'Lt' or 'Gt'"))
                }
            default:
                problems.append(.invalid(here / "operator", requirement["operator"] ?? "", "not a valid selector operator"))
            }
            problems.qualifiedName(requirement.text("key"), here / "key")
        }
        for (index, requirement) in term.list("matchFields").enumerated() {
            let here = (path / "matchFields").index(index)
            let values = requirement["values"]?.strings ?? []
            if ["In", "NotIn"].contains(requirement.text("operator")) {
                if values.count != 1 {
                    problems.append(
                        .required(
                            here / "values", "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"))
                }
            } else {
                problems.append(.invalid(here / "operator", requirement["operator"] ?? "", "not a valid selector operator"))
            }
            if requirement.text("key") == "metadata.name" {
                for (place, value) in values.enumerated() { problems.subdomain(value, (here / "values").index(place)) }
            } else {
                problems.append(.invalid(here / "key", requirement["key"] ?? "", "not a valid field selector key"))
            }
        }
    }

    private static func podTerm(_ term: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        problems += LabelSelectorRules.validate(term["labelSelector"], path / "labelSelector")
        problems += LabelSelectorRules.validate(term["namespaceSelector"], path / "namespaceSelector")
        for name in term["namespaces"]?.strings ?? [] { problems.label(name, path / "namespace") }
        let mismatched = Set(term["mismatchLabelKeys"]?.strings ?? [])
        for list in ["matchLabelKeys", "mismatchLabelKeys"] {
            let keys = term[list]?.strings ?? []
            if !keys.isEmpty, !term.has("labelSelector") {
                problems.append(.forbidden(path / list, "must not be specified when labelSelector is not set"))
                continue
            }
            let selected = SelectorKeys.named(by: term["labelSelector"])
            for (index, key) in keys.enumerated() {
                let here = (path / list).index(index)
                problems.qualifiedName(key, here)
                if selected.contains(key) { problems.append(.invalid(here, .string(key), "exists in both \(list) and labelSelector")) }
            }
        }
        for (index, key) in (term["matchLabelKeys"]?.strings ?? []).enumerated() where mismatched.contains(key) {
            problems.append(
                .invalid(
                    (path / "matchLabelKeys").index(index), .string(key), "exists in both matchLabelKeys and mismatchLabelKeys"))
        }
        let key = term.text("topologyKey")
        if key.isEmpty { problems.append(.required(path / "topologyKey", "can not be empty")) }
        problems.qualifiedName(key, path / "topologyKey")
    }
}

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

/// What topology spread constraints must be.
enum SpreadRules {
    static func validate(_ constraints: [Value], _ path: FieldPath, _ problems: inout [Problem]) {
        for (index, constraint) in constraints.enumerated() {
            let here = path.index(index)
            if constraint.number("maxSkew") <= 0 {
                problems.append(.invalid(here / "maxSkew", Value(constraint.number("maxSkew")), [Problem].notPositive))
            }
            problems.required(constraint, "topologyKey", here, "can not be empty")
            let (key, action) = (constraint.text("topologyKey"), constraint.text("whenUnsatisfiable"))
            if !["DoNotSchedule", "ScheduleAnyway"].contains(action) {
                problems.append(
                    .notSupported(here / "whenUnsatisfiable", .string(action), ["DoNotSchedule", "ScheduleAnyway"]))
            }
            if constraints[(index + 1)...].contains(where: {
                $0.text("topologyKey") == key && $0.text("whenUnsatisfiable") == action
            }) {
                problems.append(.duplicate(here / "{topologyKey, whenUnsatisfiable}", .string("{\(key), \(action)}")))
            }
            if let domains = constraint["minDomains"]?.int {
                if domains <= 0 { problems.append(.invalid(here / "minDomains", Value(domains), [Problem].notPositive)) }
                if action != "DoNotSchedule" {
                    problems.append(
                        .invalid(
                            here / "minDomains", Value(domains),
                            "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not \(action)"))
                }
            }
            for policy in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
                problems.oneOfIfSet(constraint, policy, ["Honor", "Ignore"], here)
            }
            let keys = constraint["matchLabelKeys"]?.strings ?? []
            let selector = constraint.part("labelSelector")
            if !keys.isEmpty, selector == nil {
                problems.append(
                    .forbidden(here / "matchLabelKeys", "must not be specified when labelSelector is not set"))
            }
            let selected = SelectorKeys.named(by: selector)
            for (place, key) in keys.enumerated() {
                let field = (here / "matchLabelKeys").index(place)
                problems.qualifiedName(key, field)
                if selected.contains(key) {
                    problems.append(.invalid(field, .string(key), "exists in both matchLabelKeys and labelSelector"))
                }
            }
            problems += LabelSelectorRules.validate(selector, here / "labelSelector")
        }
    }
}
