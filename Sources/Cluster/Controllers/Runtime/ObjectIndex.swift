import ClusterClient
import ClusterObjects
import Synchronization

/// The objects of one resource as last seen, found by key, namespace, controller and (pods) node.
///
/// Every operation is O(1) or O(result); an object costs a reference here, its bytes are shared with whoever read them.
struct ObjectIndex {
    private(set) var objects: [ObjectKey: APIObject] = [:]
    private var byNamespace: [String: Set<ObjectKey>] = [:]
    private var byController: [String: Set<ObjectKey>] = [:]
    private var orphans: [String: Set<ObjectKey>] = [:]
    private var byNode: [String: Set<ObjectKey>] = [:]
    private let keepsNodes: Bool
    /// The newest revision an event of this resource had.
    private(set) var revision: UInt64 = 0

    init(_ resource: GroupVersionResource) { keepsNodes = resource == .pods }

    /// Takes in an object, or its deletion; the object that was there before.
    mutating func apply(_ kind: WatchEvent.Kind, _ object: APIObject) -> APIObject? {
        if let seen = UInt64(object.resourceVersion) { revision = max(revision, seen) }
        guard kind != .bookmark else { return nil }
        let key = object.key
        let old = objects[key]
        if let old { unlink(old, key) }
        if kind == .deleted {
            objects[key] = nil
        } else {
            objects[key] = object
            link(object, key)
        }
        return old
    }

    mutating func advance(to revision: UInt64) { self.revision = max(self.revision, revision) }

    func objects(in namespace: String?) -> [APIObject] {
        guard let namespace else { return Array(objects.values) }
        return found(byNamespace[namespace])
    }
    func objects(controlledBy uid: String) -> [APIObject] { found(byController[uid]) }
    func orphans(in namespace: String) -> [APIObject] { found(orphans[namespace]) }
    func pods(onNode name: String) -> [APIObject] { found(byNode[name]) }

    private func found(_ keys: Set<ObjectKey>?) -> [APIObject] { keys.map { $0.compactMap { objects[$0] } } ?? [] }

    private mutating func link(_ object: APIObject, _ key: ObjectKey) {
        if !key.namespace.isEmpty { byNamespace[key.namespace, default: []].insert(key) }
        if let controller = object.controller {
            byController[controller.uid, default: []].insert(key)
        } else {
            orphans[key.namespace, default: []].insert(key)
        }
        if keepsNodes { byNode[Pod(object).nodeName, default: []].insert(key) }
    }

    private mutating func unlink(_ object: APIObject, _ key: ObjectKey) {
        func drop(_ sets: inout [String: Set<ObjectKey>], _ name: String) {
            sets[name]?.remove(key)
            if sets[name]?.isEmpty == true { sets[name] = nil }
        }
        if !key.namespace.isEmpty { drop(&byNamespace, key.namespace) }
        if let controller = object.controller { drop(&byController, controller.uid) } else { drop(&orphans, key.namespace) }
        if keepsNodes { drop(&byNode, Pod(object).nodeName) }
    }
}

/// The ``ClusterView`` that watches feed.
final class ObservedCluster: ClusterView {
    private let stores: Mutex<[GroupVersionResource: ObjectIndex]>

    init(_ resources: some Sequence<GroupVersionResource>) {
        stores = Mutex(Dictionary(resources.map { ($0, ObjectIndex($0)) }) { first, _ in first })
    }

    func apply(_ resource: GroupVersionResource, _ event: WatchEvent) -> APIObject? {
        stores.withLock { $0[resource, default: ObjectIndex(resource)].apply(event.kind, event.object) }
    }

    /// What must be applied so that the cache holds exactly what was listed.
    func difference(_ resource: GroupVersionResource, _ listed: [APIObject]) -> [WatchEvent] {
        stores.withLock { stores in
            let known = stores[resource]?.objects ?? [:]
            var events: [WatchEvent] = []
            var present: Set<ObjectKey> = []
            for object in listed {
                present.insert(object.key)
                guard let old = known[object.key] else {
                    events.append(WatchEvent(.added, object))
                    continue
                }
                if old.uid != object.uid { events.append(WatchEvent(.deleted, old)) }
                if old.resourceVersion != object.resourceVersion { events.append(WatchEvent(.modified, object)) }
            }
            for (key, old) in known where !present.contains(key) { events.append(WatchEvent(.deleted, old)) }
            return events
        }
    }

    /// The list was made at that revision: every write up to it is seen.
    func advance(_ resource: GroupVersionResource, to revision: UInt64) {
        stores.withLock { $0[resource]?.advance(to: revision) }
    }

    func object(_ resource: GroupVersionResource, _ key: ObjectKey) -> APIObject? { stores.withLock { $0[resource]?.objects[key] } }

    func objects(_ resource: GroupVersionResource, in namespace: String?) -> [APIObject] {
        stores.withLock { $0[resource]?.objects(in: namespace) ?? [] }
    }
    func objects(_ resource: GroupVersionResource, controlledBy uid: String) -> [APIObject] {
        stores.withLock { $0[resource]?.objects(controlledBy: uid) ?? [] }
    }
    func orphans(_ resource: GroupVersionResource, in namespace: String) -> [APIObject] {
        stores.withLock { $0[resource]?.orphans(in: namespace) ?? [] }
    }
    func pods(onNode name: String) -> [APIObject] { stores.withLock { $0[.pods]?.pods(onNode: name) ?? [] } }

    /// Whether the cache shows a write or something newer.
    func hasSeen(_ write: Expectations.Write) -> Bool {
        stores.withLock { stores in
            // What nobody watches will never be seen.
            guard let store = stores[write.resource] else { return true }
            if let revision = write.revision { return store.revision >= revision }
            guard let object = store.objects[write.key], object.uid == write.uid || write.uid.isEmpty else { return true }
            return object.isBeingDeleted
        }
    }
}
