import ClusterClient
import ClusterObjects

/// A claim that only one pod may use is used by no other.
struct VolumeRestrictions: FilterPlugin {
    private let isTaken: Bool

    /// O(pods) when the pod has such a claim; nil when it has none.
    init?(_ pod: PodInfo, _ state: SchedulingState) {
        let exclusive = pod.claims.filter { name in
            let claim = state.object(.persistentVolumeClaims, ObjectKey(namespace: pod.key.namespace, name: name))
            return (claim?.spec?["accessModes"]?.strings ?? []).contains("ReadWriteOncePod")
        }
        guard !exclusive.isEmpty else { return nil }
        isTaken = state.nodes.contains { node in
            node.pods.values.contains { other in
                other.uid != pod.uid && other.key.namespace == pod.key.namespace && !exclusive.allSatisfy { !other.claims.contains($0) }
            }
        }
    }

    func filter(_ node: NodeState) -> Rejection? {
        guard isTaken else { return nil }
        return Rejection(
            .volumeRestrictions, "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode",
            resolvable: true)
    }
}
