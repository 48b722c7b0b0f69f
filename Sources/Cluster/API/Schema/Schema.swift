import ClusterObjects

/// The structure of an API type: what a field may hold, how lists and maps merge, what is filled in when absent.
///
/// A cheap handle (a set of types and an index into it), so that types may refer to each other and to themselves. From the one schema come
/// decoding checks, defaults, pruning, strategic merge, server-side apply and OpenAPI.
public struct Schema: Sendable {
    public let types: SchemaSet
    public let index: Int

    public init(types: SchemaSet, index: Int) {
        self.types = types
        self.index = index
    }

    public var node: SchemaNode { types.nodes[index] }
    public var type: SchemaNode.ValueType { node.type }

    /// The schema of an object's field; for a map of its values, for what a CRD preserves nil. O(1).
    public func property(_ name: String) -> Schema? {
        let node = node
        if let index = node.properties[name] { return Schema(types: types, index: index) }
        return node.additionalProperties.map { Schema(types: types, index: $0) }
    }

    /// The declared fields of an object, sorted by name.
    public var properties: [(name: String, schema: Schema)] {
        node.properties.sorted { $0.key < $1.key }.map { ($0.key, Schema(types: types, index: $0.value)) }
    }

    /// The schema of a list's elements.
    public var items: Schema? { node.items.map { Schema(types: types, index: $0) } }
    /// The schema of a map's values (`additionalProperties`).
    public var values: Schema? { node.additionalProperties.map { Schema(types: types, index: $0) } }

    /// A schema that accepts anything and knows nothing: of what a CRD preserves, of `RawExtension`.
    public static let any = Schema(types: SchemaSet(nodes: [SchemaFacts(type: .any)], names: [:]), index: 0)
}

/// The nodes that schemas index, and which of them are named types.
public final class SchemaSet: Sendable {
    public let nodes: [SchemaNode]
    /// Type name → index of its node.
    public let names: [String: Int]
    /// What ``SchemaDefaults`` does at each node.
    let defaultPlans: [DefaultPlan]

    public init(nodes facts: [SchemaFacts], names: [String: Int]) {
        nodes = facts.map(SchemaNode.init)
        self.names = names
        defaultPlans = DefaultPlan.plans(nodes)
    }

    public func named(_ name: String) -> Schema? { names[name].map { Schema(types: self, index: $0) } }
}
