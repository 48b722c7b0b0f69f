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
    public static let any = Schema(types: SchemaSet(nodes: [SchemaNode(type: .any)], names: [:]), index: 0)
}

/// One type or field. Indices point into the same ``SchemaSet``.
public struct SchemaNode: Sendable {
    public enum ValueType: Sendable, Hashable {
        case object, array, string, integer, number, boolean
        /// A whole number or a string, as ports and `maxSurge`.
        case intOrString
        /// Anything.
        case any
    }

    /// How server-side apply treats a list. Atomic is the default.
    public enum ListType: String, Sendable { case atomic, set, map }

    public var type: ValueType
    /// `int32`, `int64`, `byte`, `date-time`, `double`, …; empty for none.
    public var format = ""
    /// The name of the type, e.g. `core.v1.PodSpec` (of a field: of the type it refers to); empty for an inline one.
    public var typeName = ""
    public var properties: [String: Int] = [:]
    public var required: [String] = []
    public var additionalProperties: Int?
    public var items: Int?
    /// What Kubernetes' OpenAPI gives as default: for a field of struct type `{}`, for a required string `""`; of a custom resource
    /// what its definition says.
    public var `default`: Value?
    public var listType = ListType.atomic
    public var listMapKeys: [String] = []
    /// `map-type: atomic`: server-side apply owns the whole map or struct.
    public var isAtomicMap = false
    /// `map-type: granular` on a field whose type is atomic.
    public var isGranularMap = false
    /// `merge`, `replace`, `retainKeys` of strategic merge patch.
    public var patchStrategies: [String] = []
    public var patchMergeKey = ""
    public var groupVersionKinds: [GroupVersionKind] = []
    /// A CRD's `x-kubernetes-preserve-unknown-fields`.
    public var preservesUnknownFields = false
    /// A CRD's `x-kubernetes-embedded-resource`.
    public var isEmbeddedResource = false
    public var isNullable = false
    /// A CRD's value constraints and description, as its OpenAPI schema states them; nil for built-ins.
    public var constraints: Value?

    public init(type: ValueType) { self.type = type }
}

/// The nodes that schemas index, and which of them are named types.
public final class SchemaSet: Sendable {
    public let nodes: [SchemaNode]
    /// Type name → index of its node.
    public let names: [String: Int]
    /// What ``SchemaDefaults`` does at each node.
    let defaultPlans: [DefaultPlan]

    public init(nodes: [SchemaNode], names: [String: Int]) {
        self.nodes = nodes
        self.names = names
        defaultPlans = DefaultPlan.plans(nodes)
    }

    public func named(_ name: String) -> Schema? { names[name].map { Schema(types: self, index: $0) } }
}
