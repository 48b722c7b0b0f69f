import ClusterAPI
import ClusterObjects

/// Talks to an API server: in process (`LocalClient`, the same pipeline without HTTP) or over HTTPS (`RemoteClient`).
///
/// Everything that acts on a cluster, controllers, the scheduler, node agents and the reconciler, is a client.
/// `namespace` is nil for cluster-scoped resources and for lists over all namespaces. `subresource` is nil or e.g. `status`.
public protocol Client: Sendable {
    func get(_ resource: GroupVersionResource, namespace: String?, name: String, subresource: String?) async throws(APIError) -> APIObject

    func list(_ resource: GroupVersionResource, namespace: String?, options: ListOptions) async throws(APIError) -> ObjectList

    /// Events after `options.resourceVersion`. The stream ends when the server ends it; it throws an ``APIError`` (410 when the
    /// version is too old). Ending the iteration ends the watch.
    func watch(
        _ resource: GroupVersionResource, namespace: String?, options: ListOptions
    ) async throws(APIError) -> AsyncThrowingStream<WatchEvent, any Error>

    func create(
        _ resource: GroupVersionResource, namespace: String?, name: String?, subresource: String?, object: Value, options: WriteOptions
    ) async throws(APIError) -> APIObject

    func update(
        _ resource: GroupVersionResource, namespace: String?, name: String, subresource: String?, object: Value,
        options: WriteOptions
    ) async throws(APIError) -> APIObject

    func patch(
        _ resource: GroupVersionResource, namespace: String?, name: String, subresource: String?, patch: Patch,
        options: WriteOptions
    ) async throws(APIError) -> APIObject

    /// The deleted object, or the object as marked for deletion, or nil when the server answered with a Status.
    @discardableResult
    func delete(
        _ resource: GroupVersionResource, namespace: String?, name: String, options: DeleteOptions
    ) async throws(APIError) -> APIObject?

    /// Who deleted an object last, as far as the server knows; nil when it does not.
    func deletion(_ resource: GroupVersionResource, namespace: String?, name: String) async -> DeletionRecord?
}

public struct ListOptions: Sendable, Hashable {
    /// As in a query: `app=web,tier!=db`; empty for all.
    public var labelSelector = ""
    /// As in a query: `spec.nodeName=n1`; empty for all.
    public var fieldSelector = ""
    /// List: at least this version; watch: events after it. Empty: the newest.
    public var resourceVersion = ""
    public var resourceVersionMatch = ""
    /// At most this many objects; 0 for all.
    public var limit = 0
    public var continueToken = ""
    public var allowWatchBookmarks = false
    /// Watch: first send what exists, then a bookmark annotated `k8s.io/initial-events-end`.
    public var sendInitialEvents = false
    /// Watch: end after this many seconds; 0 for the server's choice.
    public var timeoutSeconds = 0

    public init() {}
    public init(labelSelector: String = "", fieldSelector: String = "", resourceVersion: String = "") {
        self.labelSelector = labelSelector
        self.fieldSelector = fieldSelector
        self.resourceVersion = resourceVersion
    }
}

public struct ObjectList: Sendable {
    public var items: [APIObject]
    public var resourceVersion: String
    public var continueToken: String

    public init(items: [APIObject], resourceVersion: String, continueToken: String = "") {
        self.items = items
        self.resourceVersion = resourceVersion
        self.continueToken = continueToken
    }
}

public struct WatchEvent: Sendable {
    public enum Kind: String, Sendable {
        case added = "ADDED"
        case modified = "MODIFIED"
        case deleted = "DELETED"
        case bookmark = "BOOKMARK"
    }

    public var kind: Kind
    /// For a bookmark only its resourceVersion (and annotations) mean anything.
    public var object: APIObject

    public init(_ kind: Kind, _ object: APIObject) {
        self.kind = kind
        self.object = object
    }
}

public struct WriteOptions: Sendable, Hashable {
    /// The name under which managedFields record the change.
    public var fieldManager: String
    /// `Strict`, `Warn` or `Ignore`; empty for the server's default.
    public var fieldValidation: String
    /// Checks everything and stores nothing.
    public var dryRun: Bool
    /// Server-side apply: take fields from other managers.
    public var force: Bool

    public init(fieldManager: String = "", fieldValidation: String = "", dryRun: Bool = false, force: Bool = false) {
        self.fieldManager = fieldManager
        self.fieldValidation = fieldValidation
        self.dryRun = dryRun
        self.force = force
    }
}

public struct Patch: Sendable {
    public enum Kind: String, Sendable {
        case json = "application/json-patch+json"
        case merge = "application/merge-patch+json"
        case strategic = "application/strategic-merge-patch+json"
        case apply = "application/apply-patch+yaml"
    }

    public var kind: Kind
    public var body: Value
    /// What is said of keys that the body's YAML sets twice; the last one counts.
    public var repeatedKeys: [String]

    public init(_ kind: Kind, _ body: Value, repeatedKeys: [String] = []) {
        self.kind = kind
        self.body = body
        self.repeatedKeys = repeatedKeys
    }
}

public struct DeleteOptions: Sendable, Hashable {
    public var gracePeriodSeconds: Int?
    /// `Foreground`, `Background` or `Orphan`; empty for the resource's default.
    public var propagationPolicy: String
    /// Delete only when these still hold; empty for no condition.
    public var uid: String
    public var resourceVersion: String
    public var dryRun: Bool

    public init(
        gracePeriodSeconds: Int? = nil, propagationPolicy: String = "", uid: String = "", resourceVersion: String = "",
        dryRun: Bool = false
    ) {
        self.gracePeriodSeconds = gracePeriodSeconds
        self.propagationPolicy = propagationPolicy
        self.uid = uid
        self.resourceVersion = resourceVersion
        self.dryRun = dryRun
    }
}

extension GroupVersionResource {
    public static let namespaces = GroupVersionResource("", "v1", "namespaces")
    public static let nodes = GroupVersionResource("", "v1", "nodes")
    public static let pods = GroupVersionResource("", "v1", "pods")
    public static let services = GroupVersionResource("", "v1", "services")
    public static let endpoints = GroupVersionResource("", "v1", "endpoints")
    public static let configMaps = GroupVersionResource("", "v1", "configmaps")
    public static let secrets = GroupVersionResource("", "v1", "secrets")
    public static let serviceAccounts = GroupVersionResource("", "v1", "serviceaccounts")
    public static let events = GroupVersionResource("", "v1", "events")
    public static let replicationControllers = GroupVersionResource("", "v1", "replicationcontrollers")
    public static let persistentVolumes = GroupVersionResource("", "v1", "persistentvolumes")
    public static let persistentVolumeClaims = GroupVersionResource("", "v1", "persistentvolumeclaims")
    public static let resourceQuotas = GroupVersionResource("", "v1", "resourcequotas")
    public static let limitRanges = GroupVersionResource("", "v1", "limitranges")
    public static let deployments = GroupVersionResource("apps", "v1", "deployments")
    public static let replicaSets = GroupVersionResource("apps", "v1", "replicasets")
    public static let statefulSets = GroupVersionResource("apps", "v1", "statefulsets")
    public static let daemonSets = GroupVersionResource("apps", "v1", "daemonsets")
    public static let controllerRevisions = GroupVersionResource("apps", "v1", "controllerrevisions")
    public static let jobs = GroupVersionResource("batch", "v1", "jobs")
    public static let cronJobs = GroupVersionResource("batch", "v1", "cronjobs")
    public static let endpointSlices = GroupVersionResource("discovery.k8s.io", "v1", "endpointslices")
    public static let leases = GroupVersionResource("coordination.k8s.io", "v1", "leases")
    public static let podDisruptionBudgets = GroupVersionResource("policy", "v1", "poddisruptionbudgets")
    public static let priorityClasses = GroupVersionResource("scheduling.k8s.io", "v1", "priorityclasses")
    public static let storageClasses = GroupVersionResource("storage.k8s.io", "v1", "storageclasses")
    public static let syncs = GroupVersionResource("skiff.dev", "v1", "syncs")
    public static let customResourceDefinitions = GroupVersionResource("apiextensions.k8s.io", "v1", "customresourcedefinitions")
}

extension Client {
    public func get(_ resource: GroupVersionResource, namespace: String? = nil, name: String) async throws(APIError) -> APIObject {
        try await get(resource, namespace: namespace, name: name, subresource: nil)
    }

    public func list(_ resource: GroupVersionResource, namespace: String? = nil) async throws(APIError) -> ObjectList {
        try await list(resource, namespace: namespace, options: ListOptions())
    }

    public func create(
        _ resource: GroupVersionResource, namespace: String? = nil, _ object: Value, options: WriteOptions = WriteOptions()
    ) async throws(APIError) -> APIObject {
        try await create(resource, namespace: namespace, name: nil, subresource: nil, object: object, options: options)
    }
}
