import ClusterObjects

/// One type or field, as schemas hand it out: what is known of it by reference, as copying two dozen fields at every step of a walk is most
/// of what the walk costs.
public final class SchemaNode: Sendable {
    public enum ValueType: Sendable, Hashable {
        case object, array, string, integer, number, boolean
        /// A whole number or a string, as ports and `maxSurge`.
        case intOrString
        /// Anything.
        case any
    }

    /// How server-side apply treats a list. Atomic is the default.
    public enum ListType: String, Sendable { case atomic, set, map }

    let facts: SchemaFacts
    /// The type's name without its package, as Go's errors give it; nil for an inline one.
    let shortName: String?
    /// An amount, whatever it is written as.
    let isQuantity: Bool
    /// ``properties``, for walking objects.
    let table: PropertyTable

    init(_ facts: SchemaFacts) {
        self.facts = facts
        shortName = facts.typeName.split(separator: ".").last.map(String.init)
        isQuantity = facts.typeName == "api.resource.Quantity"
        table = facts.properties.isEmpty ? .empty : PropertyTable(facts.properties)
    }

    public var type: ValueType { facts.type }
    public var format: String { facts.format }
    public var typeName: String { facts.typeName }
    public var properties: [String: Int] { facts.properties }
    public var required: [String] { facts.required }
    public var additionalProperties: Int? { facts.additionalProperties }
    public var items: Int? { facts.items }
    public var `default`: Value? { facts.default }
    public var listType: ListType { facts.listType }
    public var listMapKeys: [String] { facts.listMapKeys }
    public var isAtomicMap: Bool { facts.isAtomicMap }
    public var isGranularMap: Bool { facts.isGranularMap }
    public var patchStrategies: [String] { facts.patchStrategies }
    public var patchMergeKey: String { facts.patchMergeKey }
    public var groupVersionKinds: [GroupVersionKind] { facts.groupVersionKinds }
    public var preservesUnknownFields: Bool { facts.preservesUnknownFields }
    public var isEmbeddedResource: Bool { facts.isEmbeddedResource }
    public var isNullable: Bool { facts.isNullable }
    public var constraints: Value? { facts.constraints }
}

/// What is known of a type or field. Indices point into the same ``SchemaSet``.
public struct SchemaFacts: Sendable {
    public var type: SchemaNode.ValueType
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
    public var listType = SchemaNode.ListType.atomic
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

    public init(type: SchemaNode.ValueType) { self.type = type }
}
