import ClusterObjects

extension Kinds {
    static func persistentVolumeClaim(_ resource: inout Resource) {
        resource.rules.hasStatus = true
        resource.rules.prepareForCreate = { claim in
            claim["status"] = ["phase": "Pending"]
            claim.edit("spec", sources)
        }
        resource.rules.prepareForUpdate = { StatusOwnership.keep(&$0, $1, $2) }
        resource.rules.setDefaults = { claim in claim.edit("spec") { $0.fill("volumeMode", "Filesystem") } }
        resource.rules.validate = VolumeObjectRules.claim
        resource.rules.validateUpdate = VolumeObjectRules.claimUpdate
    }

    /// What a claim is filled from stands in both fields; the older one takes claims and snapshots only.
    private static func sources(_ spec: inout Value) {
        if let source = spec.part("dataSource"), !spec.has("dataSourceRef") {
            switch (source.text("apiGroup"), source.text("kind")) {
            case ("", "PersistentVolumeClaim"), ("snapshot.storage.k8s.io", "VolumeSnapshot"): spec["dataSourceRef"] = source
            default: spec["dataSource"] = nil
            }
        } else if let reference = spec.part("dataSourceRef"), !spec.has("dataSource"), reference.text("namespace").isEmpty {
            spec["dataSource"] = reference
        }
    }

    static func persistentVolume(_ resource: inout Resource) {
        resource.rules.hasStatus = true
        resource.rules.prepareForCreate = { volume in
            volume["status"] = ["phase": "Pending"]
            // It entered its first phase when it was made.
            volume[path: "status", "lastPhaseTransitionTime"] = volume[path: "metadata", "creationTimestamp"]
        }
        resource.rules.prepareForUpdate = { StatusOwnership.keep(&$0, $1, $2) }
        resource.rules.setDefaults = { volume in
            volume.edit("spec") { spec in
                spec.fill("persistentVolumeReclaimPolicy", "Retain")
                spec.fill("volumeMode", "Filesystem")
                spec.edit("hostPath") { $0.fill("type", "") }
            }
        }
        resource.rules.warnings = { volume, _ in
            guard volume[path: "spec", "persistentVolumeReclaimPolicy"]?.string == "Recycle" else { return [] }
            return [
                "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to "
                    + "use dynamic provisioning."
            ]
        }
        resource.rules.validate = VolumeObjectRules.volume
        resource.rules.validateUpdate = VolumeObjectRules.volumeUpdate
    }

    static func storageClass(_ resource: inout Resource) {
        resource.rules.setDefaults = { object in
            object.fill("reclaimPolicy", "Delete")
            object.fill("volumeBindingMode", "Immediate")
        }
        resource.rules.validate = StorageRules.storageClass
        resource.rules.validateUpdate = StorageRules.storageClassUpdate
    }

    static func csiDriver(_ resource: inout Resource) {
        resource.rules.setDefaults = { driver in
            driver.edit("spec") { spec in
                spec.fill("attachRequired", true)
                for key in ["podInfoOnMount", "storageCapacity", "requiresRepublish", "seLinuxMount"] { spec.fill(key, false) }
                spec.fill("fsGroupPolicy", "ReadWriteOnceWithFSType")
                if spec.list("volumeLifecycleModes").isEmpty { spec["volumeLifecycleModes"] = ["Persistent"] }
            }
        }
        // Kubernetes counts this kind's changes, but not its making.
        resource.rules.prepareForUpdate = { new, old, _ in
            let keys = ["requiresRepublish", "tokenRequests", "seLinuxMount", "podInfoOnMount", "storageCapacity", "fsGroupPolicy"]
            if keys.contains(where: { new["spec"]?[$0] != old["spec"]?[$0] }) {
                new[path: "metadata", "generation"] = Value((old[path: "metadata", "generation"]?.int ?? 0) + 1)
            }
        }
        resource.rules.validate = StorageRules.driver
        resource.rules.validateUpdate = StorageRules.driverUpdate
        resource.rules.warnings = StorageRules.driverWarnings
    }

    static func csiNode(_ resource: inout Resource) {
        resource.rules.validate = StorageRules.node
        resource.rules.validateUpdate = { new, _, _ in StorageRules.node(new) }
    }

    static func csiStorageCapacity(_ resource: inout Resource) {
        resource.rules.validate = StorageRules.capacity
        resource.rules.validateUpdate = StorageRules.capacityUpdate
    }

    static func volumeAttachment(_ resource: inout Resource) {
        StatusOwnership.rules(&resource, generation: false)
        resource.rules.prepareForCreate = { $0["status"] = ["attached": false] }
        resource.rules.validate = StorageRules.attachment
        resource.rules.validateUpdate = StorageRules.attachmentUpdate
    }
}
