import ClusterClient
import ClusterObjects

/// Has claims go with their StatefulSet or with their pod, as `persistentVolumeClaimRetentionPolicy` asks, by owner references
/// that the garbage collector follows.
struct ClaimRetention {
    let set: StatefulSet
    let cluster: any ClusterView

    static func reference(_ set: StatefulSet) -> Value { reference("apps/v1", "StatefulSet", set.object, isController: true) }

    private static func reference(_ apiVersion: String, _ kind: String, _ owner: APIObject, isController: Bool = false) -> Value {
        var value: Value = [
            "apiVersion": .string(apiVersion), "kind": .string(kind), "name": .string(owner.name), "uid": .string(owner.uid),
        ]
        if isController {
            value["controller"] = true
            value["blockOwnerDeletion"] = true
        }
        return value
    }

    /// Patches of the claims of a pod whose owners are not as they should be.
    /// - Parameter isCondemned: the pod is one too many.
    func changes(_ pod: StatefulPod, isCondemned: Bool) -> [Change] {
        guard !pod.pod.isBeingDeleted else { return [] }
        return StatefulPodTemplate(set: set).claimNames(pod.ordinal).compactMap { names in
            let key = ObjectKey(namespace: set.namespace, name: names.name)
            guard let claim = cluster.object(.persistentVolumeClaims, key) else { return nil }
            let old = claim.metadata?["ownerReferences"]?.value.array ?? []
            var owners = old.filter { ![set.uid, pod.pod.uid].contains($0["uid"]?.string ?? "") }
            if isCondemned && set.deletesClaimsWhenScaled {
                owners.append(old.first { $0["uid"]?.string == pod.pod.uid } ?? Self.reference("v1", "Pod", pod.pod.object))
            } else if set.deletesClaimsWhenDeleted {
                owners.append(old.first { $0["uid"]?.string == set.uid } ?? Self.reference(set))
            }
            guard owners != old else { return nil }
            let metadata: Value = ["uid": Value(claim.uid), "ownerReferences": owners.isEmpty ? .null : .array(owners)]
            return .patch(.persistentVolumeClaims, key, ["metadata": metadata], tag: "claim")
        }
    }
}
