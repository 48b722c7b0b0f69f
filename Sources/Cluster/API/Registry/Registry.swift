import ClusterObjects
import Synchronization

/// Every resource the API serves, built-in and custom. Reading is a dictionary look-up under a short lock.
public final class Registry: Sendable {
    private struct State {
        var byName: [GroupVersionResource: Resource] = [:]
        var byKind: [GroupVersionKind: GroupVersionResource] = [:]
        var generation = 0
    }

    private let state: Mutex<State>

    public init(_ resources: [Resource]) {
        var state = State()
        for resource in resources {
            state.byName[resource.gvr] = resource
            state.byKind[resource.gvk] = resource.gvr
        }
        self.state = Mutex(state)
    }

    /// A registry of every built-in kind.
    public static func builtIn() -> Registry { Registry(Resource.builtIn) }

    public func resource(_ gvr: GroupVersionResource) -> Resource? { state.withLock { $0.byName[gvr] } }
    public func resource(_ gvk: GroupVersionKind) -> Resource? {
        state.withLock { state in state.byKind[gvk].flatMap { state.byName[$0] } }
    }

    /// All resources, sorted by group, version and name.
    public var all: [Resource] {
        state.withLock { Array($0.byName.values) }.sorted {
            ($0.group, $0.version, $0.plural) < ($1.group, $1.version, $1.plural)
        }
    }

    /// Changes whenever a resource is added or removed, so that documents made from the registry can be kept.
    public var generation: Int { state.withLock(\.generation) }

    /// Adds custom resources or replaces those of the same name.
    public func add(_ resources: [Resource]) {
        state.withLock { state in
            for resource in resources {
                if let old = state.byName[resource.gvr] { state.byKind[old.gvk] = nil }
                state.byName[resource.gvr] = resource
                state.byKind[resource.gvk] = resource.gvr
            }
            state.generation += 1
        }
    }

    /// Serves these versions of a custom resource and no others, from one moment to the next.
    public func replace(_ groupResource: GroupResource, with resources: [Resource]) {
        state.withLock { state in
            for (gvr, resource) in state.byName where gvr.groupResource == groupResource && resource.isCustom {
                state.byName[gvr] = nil
                state.byKind[resource.gvk] = nil
            }
            for resource in resources where state.byName[resource.gvr] == nil {
                state.byName[resource.gvr] = resource
                state.byKind[resource.gvk] = resource.gvr
            }
            state.generation += 1
        }
    }

    /// Removes every version of a custom resource.
    public func remove(_ groupResource: GroupResource) {
        state.withLock { state in
            for (gvr, resource) in state.byName where gvr.groupResource == groupResource && resource.isCustom {
                state.byName[gvr] = nil
                state.byKind[resource.gvk] = nil
            }
            state.generation += 1
        }
    }
}
