import ClusterObjects

extension Kinds {
    static func statefulSet(_ resource: inout Resource) {
        StatusOwnership.rules(&resource, generation: true)
        scale(&resource, selector: "spec.selector")
        resource.rules.warnings = PodWarnings.workload
        resource.rules.validate = StatefulSetRules.validate
        resource.rules.validateUpdate = StatefulSetRules.validateUpdate
        resource.rules.prepareForCreate = { set in
            set["status"] = ["availableReplicas": 0, "replicas": 0]
            dropMaxUnavailable(&set)
        }
        resource.rules.prepareForUpdate = { set, old, subresource in
            StatusOwnership.keep(&set, old, subresource)
            if old[path: "spec", "updateStrategy", "rollingUpdate", "maxUnavailable"] == nil { dropMaxUnavailable(&set) }
        }
        resource.rules.setDefaults = { set in
            set.edit("spec") { spec in
                spec.edit("template") { $0.edit("spec", PodSpecDefaults.apply) }
                if (spec["podManagementPolicy"]?.string ?? "").isEmpty { spec["podManagementPolicy"] = "OrderedReady" }
                spec.fill("updateStrategy", .emptyObject)
                spec.edit("updateStrategy") { strategy in
                    if (strategy["type"]?.string ?? "").isEmpty { strategy["type"] = "RollingUpdate" }
                    guard strategy["type"]?.string == "RollingUpdate" else { return }
                    strategy["rollingUpdate", default: .emptyObject].fill("partition", 0)
                }
                spec.fill("persistentVolumeClaimRetentionPolicy", .emptyObject)
                spec.edit("persistentVolumeClaimRetentionPolicy") { policy in
                    for when in ["whenDeleted", "whenScaled"] { policy.fill(when, "Retain") }
                }
                spec.fill("replicas", 1)
                spec.fill("serviceName", "")
                spec.fill("revisionHistoryLimit", 10)
                spec.editEach("volumeClaimTemplates") { claim in
                    claim.fill("apiVersion", "v1")
                    claim.fill("kind", "PersistentVolumeClaim")
                    claim.edit("spec") { $0.fill("volumeMode", "Filesystem") }
                    claim["status"] = ["phase": "Pending"]
                }
            }
        }
    }

    /// The gate MaxUnavailableStatefulSet is off by default.
    private static func dropMaxUnavailable(_ set: inout Value) {
        set[path: "spec", "updateStrategy", "rollingUpdate", "maxUnavailable"] = nil
    }
}
