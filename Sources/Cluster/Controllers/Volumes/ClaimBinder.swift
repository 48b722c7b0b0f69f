import ClusterClient
import ClusterObjects

/// Binds claims to volumes (k8s.io/kubernetes/pkg/controller/volume/persistentvolume, syncClaim). Makes no volumes itself.
struct ClaimBinder: Controller {
    let name = "persistentvolume-controller"
    /// Two claims decided at once could want the same volume.
    let parallelism = 1
    static let bindCompleted = "pv.kubernetes.io/bind-completed"
    static let boundByController = "pv.kubernetes.io/bound-by-controller"

    var watches: [Watched] {
        [
            .primary(.persistentVolumeClaims), .read(.storageClasses),
            Watched(.persistentVolumes) { old, new, cluster in
                let reference = (new ?? old)?.spec?["claimRef"]
                if let name = reference?["name"]?.string, let namespace = reference?["namespace"]?.string {
                    return [ObjectKey(namespace: namespace, name: name)]
                }
                return cluster.objects(.persistentVolumeClaims, in: nil)
                    .filter { $0.status?["phase"]?.string == "Pending" }.map(\.key)
            },
        ]
    }

    func reconcile(_ request: Reconciliation) -> Decision {
        guard let claim = request.cluster.object(.persistentVolumeClaims, request.key) else { return .nothing }
        let volumeName = claim.spec?["volumeName"]?.string ?? ""
        let volume =
            volumeName.isEmpty ? nil : request.cluster.object(.persistentVolumes, ObjectKey(namespace: "", name: volumeName))
        if claim.annotations[Self.bindCompleted] != nil { return bound(claim, volume) }
        guard !claim.isBeingDeleted else { return .nothing }
        if volumeName.isEmpty { return unbound(claim, request.cluster) }
        guard let volume else { return .nothing }
        if VolumeMatch.refers(volume, to: claim) { return bind(claim, volume) }
        guard let reference = volume.spec?["claimRef"], reference.isObject else {
            if VolumeMatch.fits(volume, claim) { return bind(claim, volume) }
            return tell(claim, .warning, "VolumeMismatch", "Cannot bind to requested volume \"\(volumeName)\": requirements do not match")
        }
        return tell(claim, .warning, "FailedBinding", "volume \"\(volumeName)\" already bound to a different claim.")
    }

    private func bound(_ claim: APIObject, _ volume: APIObject?) -> Decision {
        guard let volume else {
            return lost(claim, "ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!")
        }
        if volume.spec?["claimRef"] == nil || VolumeMatch.refers(volume, to: claim) { return bind(claim, volume) }
        return lost(claim, "ClaimMisbound", "Two claims are bound to the same volume, this one is bound incorrectly")
    }

    private func unbound(_ claim: APIObject, _ cluster: any ClusterView) -> Decision {
        let className = claim.spec?["storageClassName"]?.string ?? ""
        let storageClass = className.isEmpty ? nil : cluster.object(.storageClasses, ObjectKey(namespace: "", name: className))
        let volumes = cluster.objects(.persistentVolumes, in: nil)
        if storageClass?.tree["volumeBindingMode"]?.string == "WaitForFirstConsumer",
            claim.annotations["volume.kubernetes.io/selected-node"] == nil
        {
            if let reserved = volumes.first(where: { VolumeMatch.refers($0, to: claim) && VolumeMatch.fits($0, claim) }) {
                return bind(claim, reserved)
            }
            return tell(
                claim, .normal, "WaitForFirstConsumer", "waiting for first consumer to be created before binding")
        }
        if let volume = VolumeMatch.best(for: claim, among: volumes) { return bind(claim, volume) }
        guard !className.isEmpty else {
            return tell(
                claim, .normal, "FailedBinding", "no persistent volumes available for this claim and no storage class is set")
        }
        guard let storageClass else {
            return tell(
                claim, .warning, "ProvisioningFailed", "storageclass.storage.k8s.io \"\(className)\" not found")
        }
        let provisioner = storageClass.tree["provisioner"]?.string ?? ""
        guard provisioner != "kubernetes.io/no-provisioner" else { return .nothing }
        var decision = tell(
            claim, .normal, "ExternalProvisioning",
            "Waiting for a volume to be created either by the external provisioner '\(provisioner)' or manually by the system "
                + "administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.")
        let key = "volume.kubernetes.io/storage-provisioner"
        if claim.annotations[key] != provisioner {
            decision.then(
                .patch(.persistentVolumeClaims, claim.key, ["metadata": ["annotations": [key: Value(provisioner)]]]))
        }
        return decision
    }

    /// Whatever is missing of: the volume names the claim, is Bound; the claim names the volume, is Bound.
    private func bind(_ claim: APIObject, _ volume: APIObject) -> Decision {
        var decision = Decision()
        let reference = volume.spec?["claimRef"]
        if reference?["uid"]?.string != claim.uid {
            var metadata: Value = ["resourceVersion": Value(volume.resourceVersion)]
            if reference == nil { metadata["annotations"] = [Self.boundByController: "yes"] }
            let claimReference: Value = [
                "apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": Value(claim.namespace), "name": Value(claim.name),
                "uid": Value(claim.uid), "resourceVersion": Value(claim.resourceVersion),
            ]
            decision.then(.patch(.persistentVolumes, volume.key, ["metadata": metadata, "spec": ["claimRef": claimReference]]))
        }
        if volume.status?["phase"]?.string != "Bound" {
            decision.then(.patch(.persistentVolumes, volume.key, subresource: "status", ["status": ["phase": "Bound"]]))
        }
        let isNamed = claim.spec?["volumeName"]?.string == volume.name
        if !isNamed || claim.annotations[Self.bindCompleted] == nil {
            var annotations: Value = [Self.bindCompleted: "yes"]
            if !isNamed { annotations[Self.boundByController] = "yes" }
            decision.then(
                .patch(
                    .persistentVolumeClaims, claim.key,
                    ["metadata": ["uid": Value(claim.uid), "annotations": annotations], "spec": ["volumeName": Value(volume.name)]]))
        }
        var status: Value = ["phase": "Bound"]
        status["accessModes"] = volume.spec?["accessModes"]?.value
        if claim.status?["phase"]?.string != "Bound" { status["capacity"] = volume.spec?["capacity"]?.value }
        let isStored = status.object?.entries.allSatisfy { claim.status?[$0.key]?.value == $0.value } ?? false
        if !isStored { decision.then(.patch(.persistentVolumeClaims, claim.key, subresource: "status", ["status": status])) }
        return decision
    }

    private func lost(_ claim: APIObject, _ reason: String, _ message: String) -> Decision {
        guard claim.status?["phase"]?.string != "Lost" else { return .nothing }
        var decision = tell(claim, .warning, reason, message)
        let status: Value = ["phase": "Lost", "accessModes": .null, "capacity": .null]
        decision.then(.patch(.persistentVolumeClaims, claim.key, subresource: "status", ["status": status]))
        return decision
    }

    private func tell(_ claim: APIObject, _ kind: EventDraft.Kind, _ reason: String, _ message: String) -> Decision {
        var decision = Decision()
        decision.events = [EventDraft(EventSubject(claim, apiVersion: "v1", kind: "PersistentVolumeClaim"), kind, reason, message)]
        return decision
    }
}
