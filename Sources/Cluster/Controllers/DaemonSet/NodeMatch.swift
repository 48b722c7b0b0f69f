import ClusterObjects

/// Whether a pod template may run on a node by its `nodeName`, `nodeSelector` and required node affinity.
struct NodeMatch {
    let spec: Tree?

    func allows(_ node: Node) -> Bool {
        if let name = spec?["nodeName"]?.string, !name.isEmpty, name != node.name { return false }
        let wanted = spec?["nodeSelector"]?.stringMap ?? [:]
        guard wanted.allSatisfy({ node.labels[$0.key] == $0.value }) else { return false }
        let affinity = spec?["affinity"]?["nodeAffinity"]?["requiredDuringSchedulingIgnoredDuringExecution"]
        guard let affinity, affinity.isObject else { return true }
        return affinity.elements("nodeSelectorTerms").contains { matches($0, node) }
    }

    /// All requirements of a term; a term without any matches no node.
    private func matches(_ term: Tree, _ node: Node) -> Bool {
        let labels = Array(term.elements("matchExpressions"))
        let fields = Array(term.elements("matchFields"))
        guard !labels.isEmpty || !fields.isEmpty else { return false }
        return labels.allSatisfy { matches($0, node.labels) } && fields.allSatisfy { matches($0, ["metadata.name": node.name]) }
    }

    private func matches(_ expression: Tree, _ values: [String: String]) -> Bool {
        let key = expression["key"]?.string ?? ""
        let wanted = expression["values"]?.strings ?? []
        let bound = wanted.first.flatMap { Int($0) }
        let check: LabelSelector.Operator
        switch expression["operator"]?.string {
        case "In": check = .isIn(wanted)
        case "NotIn": check = .notIn(wanted)
        case "Exists": check = .exists
        case "DoesNotExist": check = .doesNotExist
        case "Gt":
            guard let bound else { return false }
            check = .greaterThan(bound)
        case "Lt":
            guard let bound else { return false }
            check = .lessThan(bound)
        default: return false
        }
        return LabelSelector([LabelSelector.Requirement(key, check)]).matches(values)
    }
}
