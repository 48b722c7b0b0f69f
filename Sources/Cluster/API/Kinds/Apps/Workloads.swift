import ClusterObjects

extension Kinds {
    static func deployment(_ resource: inout Resource) {
        StatusOwnership.rules(&resource, generation: true)
        scale(&resource, selector: "spec.selector")
        resource.rules.prepareForUpdate = { new, old, subresource in
            StatusOwnership.keep(&new, old, subresource)
            if subresource == "status" { new[path: "metadata", "labels"] = old[path: "metadata", "labels"] }
        }
        resource.rules.setDefaults = { deployment in
            deployment["spec", default: .emptyObject].fill("replicas", 1)
            deployment.edit("spec") { spec in
                spec.edit("template") { $0.edit("spec", PodSpecDefaults.apply) }
                spec.fill("strategy", .emptyObject)
                spec.edit("strategy") { strategy in
                    if (strategy["type"]?.string ?? "").isEmpty { strategy["type"] = "RollingUpdate" }
                    guard strategy["type"]?.string == "RollingUpdate" else { return }
                    strategy["rollingUpdate", default: .emptyObject].fill("maxUnavailable", "25%")
                    strategy["rollingUpdate", default: .emptyObject].fill("maxSurge", "25%")
                }
                spec.fill("revisionHistoryLimit", 10)
                spec.fill("progressDeadlineSeconds", 600)
            }
        }
        resource.rules.warnings = PodWarnings.workload
        resource.rules.validate = WorkloadRules.deployment
        resource.rules.validateUpdate = WorkloadRules.update(WorkloadRules.deployment, status: WorkloadStatusRules.deployment)
    }

    static func replicaSet(_ resource: inout Resource) {
        StatusOwnership.rules(&resource, generation: true)
        scale(&resource, selector: "spec.selector")
        resource.selectableFields = ["status.replicas"]
        // A count of zero is always written.
        resource.rules.prepareForCreate = { $0["status"] = ["replicas": 0] }
        resource.rules.setDefaults = { set in
            set["spec", default: .emptyObject].fill("replicas", 1)
            set.edit("spec") { spec in spec.edit("template") { $0.edit("spec", PodSpecDefaults.apply) } }
        }
        resource.rules.warnings = PodWarnings.workload
        resource.rules.validate = WorkloadRules.replicaSet
        resource.rules.validateUpdate = WorkloadRules.update(WorkloadRules.replicaSet, status: WorkloadStatusRules.replicaSet)
    }

    static func scale(_ resource: inout Resource, selector: String) {
        guard let index = resource.subresources.firstIndex(where: { $0.name == "scale" }) else { return }
        resource.subresources[index].specReplicasPath = "spec.replicas"
        resource.subresources[index].statusReplicasPath = "status.replicas"
        resource.subresources[index].labelSelectorPath = selector
    }
}
