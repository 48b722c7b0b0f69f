import ClusterClient
import ClusterObjects

/// Decides what should change for one object, and nothing else.
///
/// A controller does no I/O, reads no clock and holds no state: everything it may know is in the ``Reconciliation``, everything
/// it wants is in the ``Decision``. The one ``ControllerRuntime`` performs it, retries, and calls again when something changes.
public protocol Controller: Sendable {
    /// The component that events name, e.g. `replicaset-controller`.
    var name: String { get }
    /// What to read, and which keys a change of it concerns.
    var watches: [Watched] { get }
    /// Keys reconciled at the same time.
    var parallelism: Int { get }

    /// Questions to ask the server itself, where a cache that lags behind would be dangerous.
    func lookups(for key: ObjectKey, in cluster: any ClusterView) -> [Lookup]

    func reconcile(_ request: Reconciliation) -> Decision
}

extension Controller {
    public var parallelism: Int { 8 }
    public func lookups(for key: ObjectKey, in cluster: any ClusterView) -> [Lookup] { [] }
}

/// Everything a controller may know.
public struct Reconciliation: Sendable {
    public var key: ObjectKey
    public var cluster: any ClusterView
    public var now: Timestamp
    public var answers: [Lookup: Result<[APIObject], APIFailure>]
    /// How often this key has failed in a row.
    public var failures: Int
    /// When the last decision on this key asked to be asked again; nil when it did not.
    public var due: Timestamp?

    public init(
        key: ObjectKey, cluster: any ClusterView, now: Timestamp, answers: [Lookup: Result<[APIObject], APIFailure>] = [:],
        failures: Int = 0, due: Timestamp? = nil
    ) {
        self.key = key
        self.cluster = cluster
        self.now = now
        self.answers = answers
        self.failures = failures
        self.due = due
    }
}

/// A question to the server, not to the cache.
public enum Lookup: Sendable, Hashable {
    case get(GroupVersionResource, ObjectKey)
    /// All objects of a namespace, or the first `limit`.
    case list(GroupVersionResource, namespace: String, limit: Int)
}

/// A read-only view of the cluster as the caches hold it.
public protocol ClusterView: Sendable {
    /// O(1).
    func object(_ resource: GroupVersionResource, _ key: ObjectKey) -> APIObject?
    /// All objects, or those of one namespace. O(result).
    func objects(_ resource: GroupVersionResource, in namespace: String?) -> [APIObject]
    /// Objects whose controller is the object of that uid. O(result).
    func objects(_ resource: GroupVersionResource, controlledBy uid: String) -> [APIObject]
    /// Objects of a namespace that nobody controls. O(result).
    func orphans(_ resource: GroupVersionResource, in namespace: String) -> [APIObject]
    /// Pods bound to a node; none bound to any for the empty name. O(result).
    func pods(onNode name: String) -> [APIObject]
}

/// Which objects a controller follows, and which of its keys a change concerns.
public struct Watched: Sendable {
    public typealias Keys = @Sendable (_ old: APIObject?, _ new: APIObject?, _ cluster: any ClusterView) -> [ObjectKey]

    public var resource: GroupVersionResource
    public var keys: Keys

    public init(_ resource: GroupVersionResource, keys: @escaping Keys) {
        self.resource = resource
        self.keys = keys
    }

    /// The objects that keys name.
    public static func primary(_ resource: GroupVersionResource) -> Watched {
        Watched(resource) { old, new, _ in (new ?? old).map { [$0.key] } ?? [] }
    }

    /// Objects read without waking anybody.
    public static func read(_ resource: GroupVersionResource) -> Watched { Watched(resource) { _, _, _ in [] } }

    /// Objects controlled by a `kind`; those that nobody controls concern every owner in their namespace whose selector (as read
    /// by `selector`) matches them.
    public static func owned(
        _ resource: GroupVersionResource, byKind kind: String, of primary: GroupVersionResource,
        selector: @escaping @Sendable (APIObject) -> LabelSelector = { LabelSelector($0.spec?["selector"]) }
    ) -> Watched {
        Watched(resource) { old, new, cluster in
            var keys: [ObjectKey] = []
            for object in [old, new] {
                guard let object, let owner = object.controller, owner.kind == kind else { continue }
                let key = ObjectKey(namespace: object.namespace, name: owner.name)
                if let found = cluster.object(primary, key), found.uid == owner.uid, !keys.contains(key) { keys.append(key) }
            }
            if let new, new.controller == nil, !new.isBeingDeleted {
                let unchanged = old.map { $0.controller == nil && $0.labels == new.labels } ?? false
                if !unchanged {
                    for owner in cluster.objects(primary, in: new.namespace) where !keys.contains(owner.key) {
                        let selector = selector(owner)
                        if !selector.isEverything, selector.matches(new.labels) { keys.append(owner.key) }
                    }
                }
            }
            return keys
        }
    }
}
