import ClusterObjects

/// Fills in what a schema says an absent field holds: the defaults of built-in kinds with Go's zero values (`strategy: {}`, `name: ""`),
/// and those of a CustomResourceDefinition.
public enum SchemaDefaults {
    /// Fills `value`, an object of `schema`, in place. What is there stays; a null does where the schema allows one. O(size).
    public static func fill(_ value: inout Value, _ schema: Schema) {
        fill(&value, schema.index, schema.types.defaultPlans, depth: 0)
    }

    private static func fill(_ value: inout Value, _ index: Int, _ plans: [DefaultPlan], depth: Int) {
        guard index < plans.count, depth < 512 else { return }
        let plan = plans[index]
        switch value {
        case .object:
            guard !plan.presets.isEmpty || !plan.children.isEmpty || plan.values != nil else { return }
            value.editFields { fields in
                for preset in plan.presets {
                    let current = fields[preset.name]
                    if current == nil || (current == .null && preset.replacesNull) { fields[preset.name] = preset.value }
                }
                for child in plan.children {
                    guard var value = fields[child.name], value.hasParts else { continue }
                    fill(&value, child.index, plans, depth: depth + 1)
                    fields[child.name] = value
                }
                guard let values = plan.values else { return }
                for (key, entry) in fields.entries where plan.declared[key] == nil && entry.hasParts {
                    var value = entry
                    fill(&value, values, plans, depth: depth + 1)
                    fields[key] = value
                }
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
struct DefaultPlan: Sendable {
    /// Fields to set when absent.
    var presets: [(name: String, value: Value, replacesNull: Bool)] = []
    /// Fields that have something to fill within.
    var children: [(name: String, index: Int)] = []
    /// Every declared field, where values of other names have something to fill within.
    var declared: [String: Int] = [:]
    /// Within the values of a map and the elements of a list.
    var values: Int?
    var items: Int?

    private var isEmpty: Bool { presets.isEmpty && children.isEmpty && values == nil && items == nil }

    /// A plan a node. O(nodes and the fields that refer to them).
    static func plans(_ nodes: [SchemaNode]) -> [DefaultPlan] {
        var plans = nodes.map { node in
            var plan = DefaultPlan()
            let isSpecial = GoFields.ownersOfWritten.contains(node.typeName)
            for (name, index) in node.properties {
                guard let value = preset(name, nodes[index], of: node, isSpecial: isSpecial) else { continue }
                plan.presets.append((name, value, !nodes[index].isNullable))
            }
            return plan
        }
        let holds = reaching(plans.map { !$0.presets.isEmpty }, nodes)
        for (index, node) in nodes.enumerated() where holds[index] {
            plans[index].children = node.properties.filter { holds[$0.value] }.map { ($0.key, $0.value) }
            plans[index].items = node.items.flatMap { holds[$0] ? $0 : nil }
            plans[index].values = node.additionalProperties.flatMap { holds[$0] ? $0 : nil }
            if plans[index].values != nil { plans[index].declared = node.properties }
        }
        return plans
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
