import ClusterClient
import ClusterObjects

/// What becomes of one object, given what is known of its owners and dependents. Pure.
/// (k8s.io/kubernetes/pkg/controller/garbagecollector)
enum GarbageDecision {
    /// What is known of an owner that a reference names.
    enum Owner: Sendable, Equatable {
        case exists
        /// Being deleted, waiting for its dependents.
        case waits
        case absent
        /// Its kind is not known, or the server could not say.
        case unknown
    }

    static func decide(
        _ node: GarbageGraph.Node, live: APIObject, owners: [Owner], dependents: [GarbageGraph.Node]
    ) -> Decision {
        if live.isBeingDeleted {
            let finalizers = live.finalizers
            if finalizers.contains("orphan") { return orphan(node, live, dependents) }
            if finalizers.contains("foregroundDeletion") { return waitForDependents(node, live, dependents) }
            return .nothing
        }
        let references = live.ownerReferences
        guard !references.isEmpty, owners.count == references.count else { return .nothing }
        guard !owners.contains(.unknown) else {
            var decision = Decision()
            decision.problem = "an owner's kind is not known"
            return decision
        }
        if owners.contains(.exists) {
            let stale = Set(zip(references, owners).filter { $0.1 != .exists }.map(\.0.uid))
            return stale.isEmpty ? .nothing : Decision(steps: [[letGo(node, live, stale)]])
        }
        if owners.contains(.waits), !dependents.isEmpty {
            var decision = Decision()
            // A dependent that itself waits for this one would never be done: it must not block.
            decision.then(
                dependents.filter(\.waitsForDependents).map { dependent in
                    let owners = dependent.owners.map { owner in
                        var value = owner.value
                        if owner.uid == node.uid { value["blockOwnerDeletion"] = false }
                        return value
                    }
                    return Change.patch(
                        dependent.resource, dependent.key, ["metadata": ["uid": Value(dependent.uid), "ownerReferences": .array(owners)]])
                })
            decision.then(Change.delete(node.resource, live, propagation: "Foreground").tolerating(\.isConflict))
            return decision
        }
        let finalizers = live.finalizers
        let policy = finalizers.contains("orphan") ? "Orphan" : finalizers.contains("foregroundDeletion") ? "Foreground" : "Background"
        return Decision(steps: [[Change.delete(node.resource, live, propagation: policy).tolerating(\.isConflict)]])
    }

    private static func orphan(_ node: GarbageGraph.Node, _ live: APIObject, _ dependents: [GarbageGraph.Node]) -> Decision {
        var decision = Decision()
        decision.then(
            dependents.map { dependent in
                letGo(dependent, nil, [node.uid]).tolerating(\.isNotFound)
            })
        decision.then(removeFinalizer("orphan", node, live))
        return decision
    }

    private static func waitForDependents(_ node: GarbageGraph.Node, _ live: APIObject, _ dependents: [GarbageGraph.Node]) -> Decision {
        let blocking = dependents.contains { dependent in
            dependent.owners.contains { $0.uid == node.uid && $0.blocksOwnerDeletion }
        }
        return blocking ? .nothing : Decision(steps: [[removeFinalizer("foregroundDeletion", node, live)]])
    }

    /// Removes references to owners.
    private static func letGo(_ node: GarbageGraph.Node, _ live: APIObject?, _ owners: Set<String>) -> Change {
        let references =
            live.map { ($0.metadata?["ownerReferences"]?.value.array ?? []).filter { !owners.contains($0["uid"]?.string ?? "") } }
            ?? node.owners.filter { !owners.contains($0.uid) }.map(\.value)
        var metadata: Value = ["uid": Value(node.uid), "ownerReferences": references.isEmpty ? .null : .array(references)]
        if let live { metadata["resourceVersion"] = Value(live.resourceVersion) }
        return .patch(node.resource, node.key, ["metadata": metadata])
    }

    private static func removeFinalizer(_ finalizer: String, _ node: GarbageGraph.Node, _ live: APIObject) -> Change {
        let rest = live.finalizers.filter { $0 != finalizer }
        return Change.patch(
            node.resource, node.key,
            ["metadata": ["resourceVersion": Value(live.resourceVersion), "finalizers": rest.isEmpty ? .null : Value(rest)]]
        ).tolerating(\.isNotFound)
    }
}
