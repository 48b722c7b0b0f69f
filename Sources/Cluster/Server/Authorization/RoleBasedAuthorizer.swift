import ClusterObjects
import ClusterStore
import Synchronization

/// Authorizes by the Roles and bindings in the store, through an index that follows them.
final class RoleBasedAuthorizer: Authorizer {
    static let group = "rbac.authorization.k8s.io"
    private static let clusterRoles = GroupResource(group, "clusterroles")
    private static let roles = GroupResource(group, "roles")

    private struct State: Sendable {
        var index = RoleIndex()
        /// What of the store is in the index.
        var revision: Revision = -1
        var cursors = [
            CollectionCursor(RoleBasedAuthorizer.clusterRoles), CollectionCursor(RoleBasedAuthorizer.roles),
            CollectionCursor(GroupResource(RoleBasedAuthorizer.group, "clusterrolebindings")),
            CollectionCursor(GroupResource(RoleBasedAuthorizer.group, "rolebindings")),
        ]
        /// Paths that the index has, by collection, so that what is gone after a fresh start is dropped.
        var known: [GroupResource: Set<String>] = [:]
    }

    private let store: any Store
    private let state = Mutex(State())

    init(_ store: any Store) { self.store = store }

    /// The index as of now: every write that has been acknowledged is in it. O(1) while nothing is written.
    var index: RoleIndex {
        let reached = store.revision
        return state.withLock { state in
            if state.revision >= reached { return state.index }
            for place in state.cursors.indices {
                var cursor = state.cursors[place]
                let collection = cursor.collection
                cursor.catchUp(store) { RoleBasedAuthorizer.take($0, of: collection, &state) }
                state.cursors[place] = cursor
            }
            state.revision = reached
            return state.index
        }
    }

    private static func take(_ news: CollectionCursor.News, of collection: GroupResource, _ state: inout State) {
        switch news {
        case .all(let snapshot):
            for path in state.known[collection] ?? [] where snapshot[path] == nil { remove(path, of: collection, &state) }
            for object in snapshot.range() { set(object, of: collection, &state) }
        case .changed(let event):
            if event.kind == .deleted {
                remove(event.object.path, of: collection, &state)
            } else {
                set(event.object, of: collection, &state)
            }
        }
    }

    /// A damaged object grants nothing.
    private static func set(_ object: StoredObject, of collection: GroupResource, _ state: inout State) {
        guard !object.isDamaged else { return remove(object.path, of: collection, &state) }
        state.known[collection, default: []].insert(object.path)
        let tree = ObjectBytes.tree(object)
        if collection == clusterRoles || collection == roles {
            state.index.setRole(object.path, PolicyRule.all(of: tree))
        } else {
            state.index.setBinding(object.path, tree)
        }
    }

    private static func remove(_ path: String, of collection: GroupResource, _ state: inout State) {
        state.known[collection]?.remove(path)
        if collection == clusterRoles || collection == roles {
            state.index.removeRole(path)
        } else {
            state.index.removeBinding(path)
        }
    }

    func decide(_ request: AccessRequest) -> AccessDecision { index.decide(request) }
    func rules(of user: UserInfo, in namespace: String) -> UserRules { index.rules(of: user, in: namespace) }
}
