import ClusterClient
import ClusterObjects

/// The pod's claims are bound to volumes the node can reach, or can be bound to such when the pod comes.
struct VolumeBinding: FilterPlugin {
    /// A claim that waits for its first consumer, and how it gets its volume.
    enum Binding: Sendable, Equatable {
        /// This volume is to be reserved for it.
        case volume(name: String, claim: ObjectKey)
        /// A provisioner makes one for the chosen node.
        case provision(claim: ObjectKey)
    }

    private struct Waiting: Sendable {
        var claim: APIObject
        var volumes: [APIObject]
        var isProvisioned: Bool
    }

    private var bound: [APIObject] = []
    private var waiting: [Waiting] = []
    /// Why no node will do, when none will.
    private(set) var refusal: String?

    /// O(claims), and O(volumes) when one waits for its first consumer; nil for pods without claims.
    init?(_ pod: PodInfo, _ state: SchedulingState) {
        guard !pod.claims.isEmpty else { return nil }
        for name in pod.claims {
            let key = ObjectKey(namespace: pod.key.namespace, name: name)
            guard let claim = state.object(.persistentVolumeClaims, key) else {
                refusal =
                    pod.ownClaims.contains(name)
                    ? "waiting for ephemeral volume controller to create the persistentvolumeclaim \"\(name)\""
                    : "persistentvolumeclaim \"\(name)\" not found"
                return
            }
            if pod.ownClaims.contains(name), !claim.ownerReferences.contains(where: { $0.uid == pod.uid && $0.isController }) {
                refusal = "PVC \(key) was not created for pod \(pod.key) (pod is not owner)"
                return
            }
            if claim.isBeingDeleted {
                refusal = "persistentvolumeclaim \"\(name)\" is being deleted"
                return
            }
            let volumeName = claim.spec?["volumeName"]?.string ?? ""
            if !volumeName.isEmpty, claim.annotations["pv.kubernetes.io/bind-completed"] != nil {
                guard let volume = state.object(.persistentVolumes, ObjectKey(name: volumeName)) else {
                    refusal = "persistentvolume \"\(volumeName)\" not found"
                    return
                }
                bound.append(volume)
                continue
            }
            let className = claim.spec?["storageClassName"]?.string ?? ""
            let storage = state.object(.storageClasses, ObjectKey(name: className))
            guard storage?.tree["volumeBindingMode"]?.string == "WaitForFirstConsumer", volumeName.isEmpty else {
                refusal = "pod has unbound immediate PersistentVolumeClaims"
                return
            }
            let provisioner = storage?.tree["provisioner"]?.string ?? ""
            waiting.append(
                Waiting(
                    claim: claim, volumes: VolumeBinding.matching(claim, className, state),
                    isProvisioned: !provisioner.isEmpty && provisioner != "kubernetes.io/no-provisioner"))
        }
    }

    /// Volumes a claim could have, the smallest first.
    private static func matching(_ claim: APIObject, _ className: String, _ state: SchedulingState) -> [APIObject] {
        let wanted = claim.spec?["resources"]?["requests"]?["storage"]?.string.flatMap { Quantity($0) } ?? .zero
        let modes = Set(claim.spec?["accessModes"]?.strings ?? [])
        let selector = claim.spec?["selector"].map { LabelSelector($0) }
        let mode = claim.spec?["volumeMode"]?.string ?? "Filesystem"
        func size(_ volume: APIObject) -> Quantity { volume.spec?["capacity"]?["storage"]?.string.flatMap { Quantity($0) } ?? .zero }
        return state.objects(.persistentVolumes).filter { volume in
            let reserved = volume.spec?["claimRef"]
            let isFree =
                reserved == nil
                || (reserved?["namespace"]?.string == claim.namespace && reserved?["name"]?.string == claim.name
                    && [nil, "", claim.uid].contains(reserved?["uid"]?.string))
            return isFree && !volume.isBeingDeleted && (volume.spec?["storageClassName"]?.string ?? "") == className
                && (volume.spec?["volumeMode"]?.string ?? "Filesystem") == mode && size(volume) >= wanted
                && modes.isSubset(of: volume.spec?["accessModes"]?.strings ?? []) && selector?.matches(volume.labels) ?? true
        }.sorted { (size($0), $0.name) < (size($1), $1.name) }
    }

    private static func reaches(_ volume: APIObject, _ node: NodeState) -> Bool {
        guard let terms = NodeTerm.alternatives(volume.spec?["nodeAffinity"]?["required"]) else { return true }
        return terms.contains { $0.matches(node.labels, name: node.name) }
    }

    func filter(_ node: NodeState) -> Rejection? {
        var reasons: [String] = []
        if !bound.allSatisfy({ VolumeBinding.reaches($0, node) }) {
            reasons.append("node(s) didn't match PersistentVolume's node affinity")
        }
        if bindings(on: node) == nil { reasons.append("node(s) didn't find available persistent volumes to bind") }
        return reasons.isEmpty ? nil : Rejection(.volumeBinding, reasons, resolvable: false)
    }

    /// How the waiting claims get their volumes on that node; nil when one cannot.
    func bindings(on node: NodeState) -> [Binding]? {
        var taken: Set<String> = []
        var result: [Binding] = []
        for entry in waiting {
            if let volume = entry.volumes.first(where: { !taken.contains($0.name) && VolumeBinding.reaches($0, node) }) {
                taken.insert(volume.name)
                result.append(.volume(name: volume.name, claim: entry.claim.key))
            } else if entry.isProvisioned {
                result.append(.provision(claim: entry.claim.key))
            } else {
                return nil
            }
        }
        return result
    }
}
