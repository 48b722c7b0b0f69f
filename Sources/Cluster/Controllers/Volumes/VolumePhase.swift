import ClusterClient
import ClusterObjects

/// Says which volumes are available, and which a deleted claim has released (syncVolume). What is in a released volume stays.
struct VolumePhase: Controller {
    let name = "persistentvolume-controller"

    var watches: [Watched] {
        [
            .primary(.persistentVolumes),
            Watched(.persistentVolumeClaims) { old, new, _ in
                Set([old, new].compactMap { $0?.spec?["volumeName"]?.string }).filter { !$0.isEmpty }
                    .map { ObjectKey(namespace: "", name: $0) }
            },
        ]
    }

    func reconcile(_ request: Reconciliation) -> Decision {
        guard let volume = request.cluster.object(.persistentVolumes, request.key) else { return .nothing }
        let phase = volume.status?["phase"]?.string ?? "Pending"
        let reference = volume.spec?["claimRef"]
        let uid = reference?["uid"]?.string ?? ""
        let wanted: String
        if uid.isEmpty {
            wanted = "Available"
        } else {
            let key = ObjectKey(namespace: reference?["namespace"]?.string ?? "", name: reference?["name"]?.string ?? "")
            if let claim = request.cluster.object(.persistentVolumeClaims, key), claim.uid == uid {
                guard claim.spec?["volumeName"]?.string == volume.name else { return .nothing }
                wanted = "Bound"
            } else if phase == "Pending" || phase == "Available" {
                // Bound a moment ago to a claim that no cache shows yet, or that is gone: ask the server.
                guard case .failure(let error)? = request.answers[.get(.persistentVolumeClaims, key)], error.isNotFound else {
                    return .nothing
                }
                wanted = "Released"
            } else {
                wanted = phase == "Failed" ? phase : "Released"
            }
        }
        guard phase != wanted else { return .nothing }
        return Decision(steps: [[.patch(.persistentVolumes, volume.key, subresource: "status", ["status": ["phase": Value(wanted)]])]])
    }

    func lookups(for key: ObjectKey, in cluster: any ClusterView) -> [Lookup] {
        guard let volume = cluster.object(.persistentVolumes, key), let reference = volume.spec?["claimRef"],
            let name = reference["name"]?.string, let namespace = reference["namespace"]?.string,
            ["Pending", "Available"].contains(volume.status?["phase"]?.string ?? "Pending")
        else { return [] }
        let claim = ObjectKey(namespace: namespace, name: name)
        return cluster.object(.persistentVolumeClaims, claim) == nil ? [.get(.persistentVolumeClaims, claim)] : []
    }
}
