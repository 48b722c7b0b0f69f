import ClusterObjects

extension Kinds {
    /// Where daemon sets count the changes of their template, as they did before `metadata.generation`.
    private static let templateGeneration = "deprecated.daemonset.template.generation"

    static func daemonSet(_ resource: inout Resource) {
        StatusOwnership.rules(&resource, generation: true)
        resource.rules.warnings = PodWarnings.workload
        resource.rules.validate = WorkloadRules.daemonSet
        resource.rules.validateUpdate = WorkloadRules.update(WorkloadRules.daemonSet, status: WorkloadStatusRules.daemonSet)
        resource.rules.prepareForCreate = { set in
            set["status"] = ["currentNumberScheduled": 0, "desiredNumberScheduled": 0, "numberMisscheduled": 0, "numberReady": 0]
            set[path: "metadata", "annotations", templateGeneration] = "1"
        }
        resource.rules.prepareForUpdate = { new, old, subresource in
            StatusOwnership.keep(&new, old, subresource)
            var generation = Int(old[path: "metadata", "annotations", templateGeneration]?.string ?? "") ?? 0
            if new[path: "spec", "template"] != old[path: "spec", "template"] { generation += 1 }
            new[path: "metadata", "annotations", templateGeneration] = .string(String(generation))
        }
        resource.rules.setDefaults = { set in
            // What the server counts is there before it counts.
            if set[path: "metadata", "annotations", templateGeneration] == nil {
                set[path: "metadata", "annotations", templateGeneration] = "0"
            }
            set.edit("spec") { spec in
                spec.edit("template") { $0.edit("spec", PodSpecDefaults.apply) }
                spec.fill("updateStrategy", .emptyObject)
                spec.edit("updateStrategy") { strategy in
                    if (strategy["type"]?.string ?? "").isEmpty { strategy["type"] = "RollingUpdate" }
                    guard strategy["type"]?.string == "RollingUpdate" else { return }
                    strategy["rollingUpdate", default: .emptyObject].fill("maxUnavailable", 1)
                    strategy["rollingUpdate", default: .emptyObject].fill("maxSurge", 0)
                }
                spec.fill("revisionHistoryLimit", 10)
            }
        }
    }

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

    static func cronJob(_ resource: inout Resource) {
        StatusOwnership.rules(&resource, generation: true)
        resource.rules.validate = CronJobRules.validate
        resource.rules.validateUpdate = CronJobRules.validateUpdate
        resource.rules.setDefaults = { cron in
            cron.edit("spec") { spec in
                if (spec["concurrencyPolicy"]?.string ?? "").isEmpty { spec["concurrencyPolicy"] = "Allow" }
                spec.fill("suspend", false)
                spec.fill("successfulJobsHistoryLimit", 3)
                spec.fill("failedJobsHistoryLimit", 1)
                spec.edit("jobTemplate") { job in
                    job.edit("spec") { spec in spec.edit("template") { $0.edit("spec", PodSpecDefaults.apply) } }
                }
            }
        }
    }

    static func endpoints(_ resource: inout Resource) {
        resource.rules.allowsCreateOnUpdate = true
        resource.rules.validate = EndpointRules.endpoints
        resource.rules.validateUpdate = { new, _, _ in EndpointRules.endpoints(new) }
        resource.rules.setDefaults = { endpoints in
            endpoints.editEach("subsets") { $0.editEach("ports") { $0.fill("protocol", "TCP") } }
        }
    }

    static func endpointSlice(_ resource: inout Resource) {
        resource.rules.hasGeneration = true
        resource.rules.validate = EndpointRules.slice
        resource.rules.validateUpdate = EndpointRules.sliceUpdate
        resource.rules.setDefaults = { slice in
            slice.editEach("ports") { port in
                port.fill("name", "")
                port.fill("protocol", "TCP")
            }
        }
    }

    static func event(_ resource: inout Resource) {
        resource.rules.allowsCreateOnUpdate = true
        resource.rules.validate = EventRules.core
        resource.rules.validateUpdate = EventRules.coreUpdate
        resource.selectableFields = [
            "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
            "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason",
            "reportingComponent", "source", "type",
        ]
    }

}
