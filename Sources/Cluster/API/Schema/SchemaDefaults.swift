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

    /// A plan a node. O(nodes · depth of the deepest type).
    static func plans(_ nodes: [SchemaNode]) -> [DefaultPlan] {
        var plans = nodes.map { node in
            var plan = DefaultPlan()
            for (name, index) in node.properties {
                if let value = preset(name, nodes[index], of: node) { plan.presets.append((name, value, !nodes[index].isNullable)) }
            }
            return plan
        }
        // Types refer to each other in circles: spread what is known until nothing changes.
        var holds = plans.map { !$0.presets.isEmpty }
        var changed = true
        while changed {
            changed = false
            for (index, node) in nodes.enumerated() where !holds[index] {
                let reaches =
                    node.properties.values.contains { holds[$0] } || (node.items.map { holds[$0] } ?? false)
                    || (node.additionalProperties.map { holds[$0] } ?? false)
                if reaches {
                    holds[index] = true
                    changed = true
                }
            }
        }
        for (index, node) in nodes.enumerated() where holds[index] {
            plans[index].children = node.properties.filter { holds[$0.value] }.map { ($0.key, $0.value) }
            plans[index].items = node.items.flatMap { holds[$0] ? $0 : nil }
            plans[index].values = node.additionalProperties.flatMap { holds[$0] ? $0 : nil }
            if plans[index].values != nil { plans[index].declared = node.properties }
        }
        return plans
    }

    private static func preset(_ name: String, _ field: SchemaNode, of owner: SchemaNode) -> Value? {
        let path = "\(owner.typeName).\(name)"
        if let value = field.default { return GoFields.omittedDefaults.contains(path) ? nil : value }
        if owner.typeName.isEmpty { return nil }
        if GoFields.nulls.contains(path) { return .null }
        if GoFields.zeroQuantities.contains(path) { return "0" }
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
