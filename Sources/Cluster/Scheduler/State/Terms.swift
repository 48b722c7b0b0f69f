import ClusterObjects

/// One of the alternatives of a node selector: all its requirements must hold. An empty one matches no node.
struct NodeTerm: Sendable {
    var labels: [LabelSelector.Requirement]
    var fields: [LabelSelector.Requirement]

    init(_ tree: Tree) {
        labels = tree.elements("matchExpressions").compactMap(NodeTerm.requirement)
        fields = tree.elements("matchFields").compactMap(NodeTerm.requirement)
    }

    func matches(_ labels: [String: String], name: String) -> Bool {
        guard !self.labels.isEmpty || !fields.isEmpty else { return false }
        return self.labels.allSatisfy { $0.matches(labels[$0.key]) }
            && fields.allSatisfy { $0.matches($0.key == "metadata.name" ? name : nil) }
    }

    /// The node names that are all the terms allow; nil when one of them allows others, too.
    static func names(_ terms: [NodeTerm]?) -> Set<String>? {
        guard let terms, !terms.isEmpty else { return nil }
        var names: Set<String> = []
        for term in terms {
            var allowed: Set<String>?
            for field in term.fields where field.key == "metadata.name" {
                guard case .isIn(let values) = field.operator else { continue }
                allowed = allowed?.intersection(values) ?? Set(values)
            }
            guard let allowed else { return nil }
            names.formUnion(allowed)
        }
        return names
    }

    static func requirement(_ tree: Tree) -> LabelSelector.Requirement? {
        let key = tree["key"]?.string ?? ""
        let values = tree["values"]?.strings ?? []
        return switch tree["operator"]?.string {
        case "In": .init(key, .isIn(values))
        case "NotIn": .init(key, .notIn(values))
        case "Exists": .init(key, .exists)
        case "DoesNotExist": .init(key, .doesNotExist)
        case "Gt": .init(key, values.first.flatMap { Int($0) }.map { .greaterThan($0) } ?? .isIn([]))
        case "Lt": .init(key, values.first.flatMap { Int($0) }.map { .lessThan($0) } ?? .isIn([]))
        default: .init(key, .isIn([]))
        }
    }

    /// The alternatives of a `NodeSelector`.
    static func alternatives(_ selector: Tree?) -> [NodeTerm]? {
        guard let selector else { return nil }
        return selector.elements("nodeSelectorTerms").map(NodeTerm.init)
    }
}

/// A term of pod affinity or anti-affinity.
struct PodTerm: Sendable {
    var selector: LabelSelector
    var topologyKey: String
    var namespaces: Set<String>
    var namespaceSelector: LabelSelector
    var weight: Int

    init(_ tree: Tree, namespace: String, weight: Int = 0) {
        selector = LabelSelector(tree["labelSelector"])
        topologyKey = tree["topologyKey"]?.string ?? ""
        let named = tree["namespaces"]?.strings ?? []
        namespaceSelector = LabelSelector(tree["namespaceSelector"])
        namespaces = Set(named.isEmpty && namespaceSelector.matchesNothing ? [namespace] : named)
        self.weight = weight
    }

    func matches(_ pod: PodInfo, _ namespaceLabels: [String: [String: String]]) -> Bool {
        guard
            namespaces.contains(pod.key.namespace)
                || (!namespaceSelector.matchesNothing && namespaceSelector.matches(namespaceLabels[pod.key.namespace] ?? [:]))
        else { return false }
        return selector.matches(pod.labels)
    }

    static func required(_ affinity: Tree?, namespace: String) -> [PodTerm] {
        affinity?.elements("requiredDuringSchedulingIgnoredDuringExecution").map { PodTerm($0, namespace: namespace) } ?? []
    }
    static func preferred(_ affinity: Tree?, namespace: String) -> [PodTerm] {
        affinity?.elements("preferredDuringSchedulingIgnoredDuringExecution").compactMap { tree in
            tree["podAffinityTerm"].map { PodTerm($0, namespace: namespace, weight: tree["weight"]?.int ?? 0) }
        } ?? []
    }
}

/// A topology spread constraint.
struct SpreadConstraint: Sendable {
    var maxSkew: Int
    var topologyKey: String
    var isHard: Bool
    var selector: LabelSelector
    var minDomains: Int
    var honorsTaints: Bool
    var honorsAffinity: Bool

    init(_ tree: Tree) {
        maxSkew = tree["maxSkew"]?.int ?? 1
        topologyKey = tree["topologyKey"]?.string ?? ""
        isHard = tree["whenUnsatisfiable"]?.string != "ScheduleAnyway"
        selector = LabelSelector(tree["labelSelector"])
        minDomains = tree["minDomains"]?.int ?? 1
        honorsTaints = tree["nodeTaintsPolicy"]?.string == "Honor"
        honorsAffinity = tree["nodeAffinityPolicy"]?.string != "Ignore"
    }
}

/// A port of the host that a pod takes.
struct HostPort: Sendable, Hashable {
    var port: Int
    var `protocol`: String
    /// Empty for all addresses.
    var address: String

    func conflicts(with other: HostPort) -> Bool {
        port == other.port && `protocol` == other.protocol && (address.isEmpty || other.address.isEmpty || address == other.address)
    }
}
