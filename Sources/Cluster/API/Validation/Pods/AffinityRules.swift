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
                nodeTerm(term["preference"] ?? .emptyObject, place / "preference", valuesAreLabels: false, &problems)
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
        for (index, term) in terms.enumerated() { nodeTerm(term, path.index(index), valuesAreLabels: true, &problems) }
    }

    private static func weight(_ term: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let weight = term.number("weight")
        if !(1...100 ~= weight) { problems.append(.invalid(path / "weight", Value(weight), "must be in the range 1-100")) }
    }

    /// `valuesAreLabels` is whether values must be what a node's labels can have; what is only preferred may never be met.
    private static func nodeTerm(_ term: Value, _ path: FieldPath, valuesAreLabels: Bool, _ problems: inout [Problem]) {
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
            guard valuesAreLabels else { continue }
            for (place, value) in (requirement["values"]?.strings ?? []).enumerated() {
                problems.add((here / "values").index(place), value, NameFormats.labelValue(value))
            }
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
        LabelKeyRules.validate(term, path, &problems)
        let key = term.text("topologyKey")
        if key.isEmpty { problems.append(.required(path / "topologyKey", "can not be empty")) }
        problems.qualifiedName(key, path / "topologyKey")
    }
}
