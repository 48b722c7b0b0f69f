import ClusterObjects

/// Fills in what a schema says an absent field holds: the defaults of built-in kinds with Go's zero values (`strategy: {}`, `name: ""`),
/// and those of a CustomResourceDefinition.
public enum SchemaDefaults {
    /// Fills `value`, an object of `schema`, in place. What is there stays; a null does where the schema allows one. O(size).
    public static func fill(_ value: inout Value, _ schema: Schema) {
        fill(&value, schema.index, schema.types.defaultPlans, depth: 0)
    }

    /// The same where most has been filled in before: the fields of the object that are as they were in `filled` are skipped.
    public static func fill(_ value: inout Value, _ schema: Schema, since filled: Value) {
        guard schema.index < schema.types.defaultPlans.count, case .object = value else { return }
        let (plans, plan) = (schema.types.defaultPlans, schema.types.defaultPlans[schema.index])
        value.editFields { fields in
            plan.preset(&fields)
            plan.each(&fields) { name, value, index in
                if filled[name] != value { fill(&value, index, plans, depth: 1) }
            }
        }
    }

    private static func fill(_ value: inout Value, _ index: Int, _ plans: [DefaultPlan], depth: Int) {
        guard index < plans.count, depth < 512 else { return }
        let plan = plans[index]
        switch value {
        case .object:
            guard !plan.presets.isEmpty || plan.children.count > 0 || plan.values != nil else { return }
            value.editFields { fields in
                plan.preset(&fields)
                plan.each(&fields) { _, value, index in fill(&value, index, plans, depth: depth + 1) }
            }
        case .array:
            guard let items = plan.items else { return }
            value.editElements { elements in
                for index in elements.indices { fill(&elements[index], items, plans, depth: depth + 1) }
            }
        default: break
        }
    }
}

/// What ``SchemaDefaults`` has to do at one node of a schema: only what concerns defaults, so that most of an object is skipped.
///
/// By reference, as a walk asks for one at every step.
final class DefaultPlan: Sendable {
    typealias Preset = (name: String, value: Value, replacesNull: Bool)

    /// Fields to set when absent.
    let presets: [Preset]
    /// Fields that have something to fill within.
    let children: PropertyTable
    /// Every declared field, where values of other names have something to fill within.
    private let declared: [String: Int]
    /// Within the values of a map and the elements of a list.
    let values: Int?
    let items: Int?

    private static let empty = DefaultPlan()

    private init() { (presets, children, declared, values, items) = ([], .empty, [:], nil, nil) }

    /// - Parameter holds: which nodes have something to fill within.
    private init(_ node: SchemaNode, _ presets: [Preset], _ holds: [Bool]) {
        self.presets = presets
        let children = node.properties.filter { holds[$0.value] }
        self.children = children.isEmpty ? .empty : PropertyTable(children)
        items = node.items.flatMap { holds[$0] ? $0 : nil }
        values = node.additionalProperties.flatMap { holds[$0] ? $0 : nil }
        declared = values == nil ? [:] : node.properties
    }

    /// Sets what is absent.
    func preset(_ fields: inout Fields) {
        for preset in presets {
            let current = fields[preset.name]
            if current == nil || (current == .null && preset.replacesNull) { fields[preset.name] = preset.value }
        }
    }

    /// Visits the values within which there is something to fill, with the index of their node. What an object has is mostly less than
    /// what it could have.
    func each(_ fields: inout Fields, _ visit: (String, inout Value, Int) -> Void) {
        for place in fields.entries.indices where fields.entries[place].value.hasParts {
            let name = fields.entries[place].key
            let child = children.place(of: name).map { children.nodes[$0] }
            guard let index = child ?? (values != nil && declared[name] == nil ? values : nil) else { continue }
            fields.editValue(at: place) { visit(name, &$0, index) }
        }
    }

    /// A plan a node. O(nodes and the fields that refer to them).
    static func plans(_ nodes: [SchemaNode]) -> [DefaultPlan] {
        let presets = nodes.map { node -> [Preset] in
            let isSpecial = GoFields.ownersOfWritten.contains(node.typeName)
            return node.properties.compactMap { name, index in
                preset(name, nodes[index], of: node, isSpecial: isSpecial).map { (name, $0, !nodes[index].isNullable) }
            }
        }
        let holds = reaching(presets.map { !$0.isEmpty }, nodes)
        return nodes.indices.map { holds[$0] ? DefaultPlan(nodes[$0], presets[$0], holds) : .empty }
    }

    /// Which nodes are, or lead to, one of these. Types refer to each other in circles: what is known spreads backwards, each node once.
    private static func reaching(_ start: [Bool], _ nodes: [SchemaNode]) -> [Bool] {
        // What refers to a node is a chain of places in `owners`.
        var owners: [(index: Int, next: Int)] = []
        owners.reserveCapacity(nodes.count)
        var chains = Array(repeating: -1, count: nodes.count)
        func refers(_ owner: Int, to child: Int) {
            owners.append((owner, chains[child]))
            chains[child] = owners.count - 1
        }
        for (index, node) in nodes.enumerated() {
            for child in node.properties.values { refers(index, to: child) }
            if let items = node.items { refers(index, to: items) }
            if let values = node.additionalProperties { refers(index, to: values) }
        }
        var reached = start
        var waiting = reached.indices.filter { reached[$0] }
        while let child = waiting.popLast() {
            var place = chains[child]
            while place >= 0 {
                let owner = owners[place]
                if !reached[owner.index] {
                    reached[owner.index] = true
                    waiting.append(owner.index)
                }
                place = owner.next
            }
        }
        return reached
    }

    private static func preset(_ name: String, _ field: SchemaNode, of owner: SchemaNode, isSpecial: Bool) -> Value? {
        var path: String { "\(owner.typeName).\(name)" }
        if let value = field.default { return GoFields.omittedDefaults.contains(path) ? nil : value }
        if owner.typeName.isEmpty { return nil }
        if isSpecial {
            if GoFields.nulls.contains(path) { return .null }
            if GoFields.zeroQuantities.contains(path) { return "0" }
        }
        if field.format == "date-time", !GoFields.isOptionalTime(owner.typeName, name) { return .null }
        return nil
    }
}

extension Value {
    fileprivate var hasParts: Bool {
        switch self {
        case .object, .array: true
        default: false
        }
    }
}
