import ClusterClient
import ClusterObjects

/// Who owns whom, over every object of the cluster: a few words an object, fed by watches.
struct GarbageGraph: Sendable {
    struct Node: Sendable {
        var resource: GroupVersionResource
        var apiVersion: String
        var kind: String
        var key: ObjectKey
        var uid: String
        var owners: [OwnerReference]
        var isBeingDeleted: Bool
        /// Its deletion waits for its dependents.
        var waitsForDependents: Bool
        /// Its deletion leaves its dependents alone.
        var orphansDependents: Bool

        init(_ object: APIObject, _ resource: GroupVersionResource, kind: String) {
            self.resource = resource
            apiVersion = resource.groupVersion.description
            self.kind = kind
            key = object.key
            uid = object.uid
            owners = object.ownerReferences
            isBeingDeleted = object.isBeingDeleted
            let finalizers = object.finalizers
            waitsForDependents = isBeingDeleted && finalizers.contains("foregroundDeletion")
            orphansDependents = isBeingDeleted && finalizers.contains("orphan")
        }

        /// Whether this is the object that a reference from `namespace` means.
        func isMeant(by reference: OwnerReference, from namespace: String) -> Bool {
            reference.uid == uid && reference.name == key.name && reference.kind == kind
                && (key.namespace.isEmpty || key.namespace == namespace)
                && reference.apiVersion.prefix { $0 != "/" } == apiVersion.prefix { $0 != "/" }
        }
    }

    private(set) var nodes: [String: Node] = [:]
    private var dependents: [String: Set<String>] = [:]
    private var uids: [GroupVersionResource: [ObjectKey: String]] = [:]

    /// Takes in a change; the uids to look at because of it. O(dependents).
    mutating func apply(_ kind: WatchEvent.Kind, _ object: APIObject, _ resource: GroupVersionResource, kindName: String) -> Set<String> {
        guard kind != .bookmark else { return [] }
        let old = nodes[object.uid]
        if kind == .deleted {
            guard let old else { return [] }
            remove(old)
            return concernedByRemoval(of: old)
        }
        let new = Node(object, resource, kind: kindName)
        nodes[new.uid] = new
        uids[resource, default: [:]][new.key] = new.uid
        for owner in old?.owners ?? [] where !new.owners.contains(where: { $0.uid == owner.uid }) { unlink(new.uid, from: owner.uid) }
        for owner in new.owners { dependents[owner.uid, default: []].insert(new.uid) }

        var concerned: Set<String> = []
        if old == nil || old?.owners != new.owners {
            if !new.owners.isEmpty { concerned.insert(new.uid) }
            // Who waited for this one to be gone waits no longer when it has let go.
            for owner in old?.owners ?? [] where nodes[owner.uid]?.waitsForDependents == true { concerned.insert(owner.uid) }
        }
        if new.waitsForDependents, old?.waitsForDependents != true {
            concerned.insert(new.uid)
            concerned.formUnion(dependents[new.uid] ?? [])
        }
        if new.orphansDependents, old?.orphansDependents != true { concerned.insert(new.uid) }
        return concerned
    }

    /// All objects of a resource were listed: those that are not among them are gone.
    mutating func listed(_ objects: [APIObject], _ resource: GroupVersionResource, kindName: String) -> Set<String> {
        let present = Set(objects.map(\.uid))
        var concerned: Set<String> = []
        for uid in (uids[resource] ?? [:]).values where !present.contains(uid) {
            guard let gone = nodes[uid] else { continue }
            remove(gone)
            concerned.formUnion(concernedByRemoval(of: gone))
        }
        for object in objects { concerned.formUnion(apply(.added, object, resource, kindName: kindName)) }
        return concerned
    }

    private func concernedByRemoval(of gone: Node) -> Set<String> {
        var concerned = dependents[gone.uid] ?? []
        for owner in gone.owners where nodes[owner.uid]?.waitsForDependents == true { concerned.insert(owner.uid) }
        return concerned
    }

    private mutating func remove(_ node: Node) {
        nodes[node.uid] = nil
        if uids[node.resource]?[node.key] == node.uid { uids[node.resource]?[node.key] = nil }
        for owner in node.owners { unlink(node.uid, from: owner.uid) }
    }

    private mutating func unlink(_ uid: String, from owner: String) {
        dependents[owner]?.remove(uid)
        if dependents[owner]?.isEmpty == true { dependents[owner] = nil }
    }

    func dependents(of uid: String) -> [Node] { (dependents[uid] ?? []).compactMap { nodes[$0] } }
}
