import ClusterObjects

/// A kind of object the API serves, as a value: names, schema, columns, subresources and the few rules a schema cannot say.
///
/// Built-in kinds and custom resources are both of these, and take the same path through the server.
public struct Resource: Sendable {
    public var group: String
    public var version: String
    public var kind: String
    public var plural: String
    public var singular: String
    public var shortNames: [String]
    public var categories: [String]
    public var isNamespaced: Bool
    /// In discovery's order: create, delete, deletecollection, get, list, patch, update, watch; a create-only review has one.
    public var verbs: [String]
    public var subresources: [Subresource]
    public var schema: Schema
    public var columns: [TableColumn]
    /// Field selectors beyond `metadata.name` and `metadata.namespace`, e.g. `spec.nodeName`.
    public var selectableFields: [String]
    /// Whether this came from a CustomResourceDefinition.
    public var isCustom: Bool
    /// Where objects are stored, when another version's resource holds them (autoscaling/v1 in autoscaling/v2).
    public var storedAs: GroupVersionResource?
    /// Of a custom resource, what the version that objects are stored in knows, where that is another one: the rest is pruned.
    public var storedSchema: Schema?
    /// Of a built-in resource that another version's objects are kept as, how they become each other.
    public var conversion: VersionConversion?
    public var rules: ResourceRules

    public init(
        group: String, version: String, kind: String, plural: String, singular: String, shortNames: [String] = [],
        categories: [String] = [], isNamespaced: Bool, verbs: [String], subresources: [Subresource] = [], schema: Schema,
        columns: [TableColumn] = [], selectableFields: [String] = [], isCustom: Bool = false,
        storedAs: GroupVersionResource? = nil, rules: ResourceRules = ResourceRules()
    ) {
        self.group = group
        self.version = version
        self.kind = kind
        self.plural = plural
        self.singular = singular
        self.shortNames = shortNames
        self.categories = categories
        self.isNamespaced = isNamespaced
        self.verbs = verbs
        self.subresources = subresources
        self.schema = schema
        self.columns = columns
        self.selectableFields = selectableFields
        self.isCustom = isCustom
        self.storedAs = storedAs
        self.rules = rules
    }

    public var gvr: GroupVersionResource { GroupVersionResource(group, version, plural) }
    public var gvk: GroupVersionKind { GroupVersionKind(group, version, kind) }
    public var groupResource: GroupResource { GroupResource(group, plural) }
    public var apiVersion: String { gvk.apiVersion }
    public var listKind: String { kind + "List" }
    public func subresource(_ name: String) -> Subresource? { subresources.first { $0.name == name } }
}

/// `pods/status`, `deployments/scale`, `pods/log`, …
public struct Subresource: Sendable {
    /// The part after the slash.
    public var name: String
    /// The kind of its body, where it is not the resource's own (Scale, Eviction, TokenRequest).
    public var gvk: GroupVersionKind
    public var verbs: [String]
    /// For `scale`: dotted paths within the object.
    public var specReplicasPath = ""
    public var statusReplicasPath = ""
    /// Dotted path of the selector: a `LabelSelector`, a map (ReplicationController) or, of a custom resource, a string.
    public var labelSelectorPath = ""

    public init(name: String, gvk: GroupVersionKind, verbs: [String]) {
        self.name = name
        self.gvk = gvk
        self.verbs = verbs
    }
}

/// A column of the Table that `kubectl get` prints.
public struct TableColumn: Sendable {
    public var name: String
    public var type: String
    public var format: String
    /// 0 is always shown, 1 with `-o wide`.
    public var priority: Int
    /// For a custom resource, where the cell's value is found; built-ins compute their rows by code.
    public var jsonPath: String
    public var description: String

    public init(
        name: String, type: String, format: String = "", priority: Int = 0, jsonPath: String = "", description: String = ""
    ) {
        self.name = name
        self.type = type
        self.format = format
        self.priority = priority
        self.jsonPath = jsonPath
        self.description = description
    }
}

/// What a schema cannot say of a kind: Kubernetes' registry strategies. Each closure is pure.
/// `subresource` is empty for the object itself, else e.g. `status`.
public struct ResourceRules: Sendable {
    /// Versioned defaults beyond the schema's, on every decoded object (create, update, patch, also when read for apply).
    public var setDefaults: @Sendable (inout Value) -> Void = { _ in }
    /// Before creation: drop status, set generation 1, initial values (`phase: Pending`).
    public var prepareForCreate: @Sendable (inout Value) -> Void = { _ in }
    /// Before an update of the object or a subresource: keep what this endpoint does not own.
    public var prepareForUpdate: @Sendable (_ new: inout Value, _ old: Value, _ subresource: String) -> Void = { _, _, _ in }
    /// Every problem of a new object, metadata rules excluded (they are common to all kinds).
    public var validate: @Sendable (_ new: Value) -> [Problem] = { _ in [] }
    /// Every problem of a changed object, `validate`'s included.
    public var validateUpdate: @Sendable (_ new: Value, _ old: Value, _ subresource: String) -> [Problem] = { _, _, _ in [] }
    /// `Warning` headers for a new or changed object.
    public var warnings: @Sendable (_ new: Value, _ old: Value?) -> [String] = { _, _ in [] }
    /// What an object asks for that this server does not do yet; nil for a kind whose objects cannot ask for any such thing.
    public var unenforced: (@Sendable (_ object: Value) -> [Unenforced])?
    /// Which name is allowed.
    public var nameRule = NameRule.dnsSubdomain
    /// Whether the main endpoint ignores `status` and `metadata.generation` counts changes of anything but it.
    public var hasStatus = false
    /// Whether `metadata.generation` is kept.
    public var hasGeneration = false
    /// Whether deletion waits for a grace period (pods).
    public var isDeletedGracefully = false
    /// PUT and apply to an absent name create it (Kubernetes' AllowCreateOnUpdate); apply creates everywhere else too.
    public var allowsCreateOnUpdate = false
    /// PUT without a resourceVersion is accepted.
    public var allowsUnconditionalUpdate = true
    /// What a DELETE without a policy does to dependents: `background`, or `orphan` (jobs in batch/v1, replication controllers).
    public var defaultPropagation = "background"

    public init() {}
}

/// Which form `metadata.name` must have.
public enum NameRule: Sendable {
    case dnsSubdomain
    case dnsLabel
    /// RFC 1035 label (services).
    case dns1035Label
    /// Anything that can stand in a path (RBAC).
    case pathSegment
    /// An IPv4 or IPv6 address.
    case ipAddress
}
