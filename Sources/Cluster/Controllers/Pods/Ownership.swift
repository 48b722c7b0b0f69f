import ClusterClient
import ClusterObjects

/// Adopts objects that match a selector and belong to nobody, releases those that no longer match
/// (k8s.io/kubernetes/pkg/controller, ControllerRefManager).
struct Ownership {
    var owner: APIObject
    var apiVersion: String
    var kind: String
    var resource: GroupVersionResource
    var selector: LabelSelector
    /// Finalizer that adopted objects get too.
    var finalizer: String?
    /// Further condition for adopting.
    var mayAdopt: (APIObject) -> Bool = { _ in true }

    struct Claim {
        /// Ours, those about to be adopted included.
        var owned: [APIObject] = []
        var changes: [Change] = []
    }

    func claim(_ candidates: [APIObject]) -> Claim {
        var claim = Claim()
        for object in candidates {
            if let controller = object.controller {
                guard controller.uid == owner.uid else { continue }
                if selector.matches(object.labels) {
                    claim.owned.append(object)
                } else if !owner.isBeingDeleted {
                    claim.changes.append(release(object))
                }
            } else if !owner.isBeingDeleted, !object.isBeingDeleted, selector.matches(object.labels), mayAdopt(object) {
                claim.owned.append(object)
                claim.changes.append(adopt(object))
            }
        }
        return claim
    }

    private func adopt(_ object: APIObject) -> Change {
        var owners = object.metadata?["ownerReferences"]?.value.array ?? []
        owners.append(OwnerReference(controller: owner, apiVersion: apiVersion, kind: kind).value)
        var metadata: Value = ["ownerReferences": .array(owners), "uid": Value(object.uid)]
        metadata["resourceVersion"] = Value(object.resourceVersion)
        if let finalizer, !object.finalizers.contains(finalizer) { metadata["finalizers"] = Value(object.finalizers + [finalizer]) }
        return .patch(resource, object.key, ["metadata": metadata], tag: "adopt")
    }

    private func release(_ object: APIObject) -> Change {
        let owners = (object.metadata?["ownerReferences"]?.value.array ?? []).filter { $0["uid"]?.string != owner.uid }
        var metadata: Value = ["uid": Value(object.uid), "resourceVersion": Value(object.resourceVersion)]
        metadata["ownerReferences"] = owners.isEmpty ? .null : .array(owners)
        if let finalizer, object.finalizers.contains(finalizer) {
            metadata["finalizers"] = Value(object.finalizers.filter { $0 != finalizer })
        }
        return .patch(resource, object.key, ["metadata": metadata], tag: "release").tolerating { $0.isNotFound || $0.code == 422 }
    }
}

extension ClusterView {
    /// The objects a controller of that uid could claim: its own, and those in its namespace that nobody controls.
    func candidates(_ resource: GroupVersionResource, of owner: APIObject, _ selector: LabelSelector) -> [APIObject] {
        objects(resource, controlledBy: owner.uid)
            + orphans(resource, in: owner.namespace).filter { selector.matches($0.labels) }
    }
}
