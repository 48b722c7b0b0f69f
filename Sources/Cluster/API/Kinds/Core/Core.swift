import ClusterObjects

extension Kinds {
    static func namespace(_ resource: inout Resource) {
        resource.selectableFields = ["status.phase"]
        resource.rules.nameRule = .dnsLabel
        resource.rules.hasStatus = true
        resource.rules.setDefaults = { namespace in
            // Admission policies and selectors rely on this label.
            guard let name = namespace[path: "metadata", "name"]?.string, !name.isEmpty else { return }
            namespace[path: "metadata", "labels", "kubernetes.io/metadata.name"] = .string(name)
        }
        resource.rules.prepareForCreate = { namespace in
            namespace["status"] = ["phase": "Active"]
            var finalizers = namespace[path: "spec", "finalizers"]?.strings ?? []
            if !finalizers.contains("kubernetes") { finalizers.append("kubernetes") }
            namespace[path: "spec", "finalizers"] = Value(finalizers)
        }
        resource.rules.prepareForUpdate = { new, old, subresource in
            if subresource != "finalize" { new["spec"] = old["spec"] }
            if subresource != "status" { new["status"] = old["status"] }
        }
    }

    static func node(_ resource: inout Resource) {
        resource.selectableFields = ["spec.unschedulable"]
        resource.rules.hasStatus = true
        resource.rules.prepareForUpdate = { StatusOwnership.keep(&$0, $1, $2) }
    }

    static func service(_ resource: inout Resource) {
        resource.selectableFields = ["spec.clusterIP", "spec.type"]
        resource.rules.nameRule = .dns1035Label
        resource.rules.hasStatus = true
        resource.rules.prepareForCreate = { $0["status"] = ["loadBalancer": .emptyObject] }
        resource.rules.prepareForUpdate = { StatusOwnership.keep(&$0, $1, $2) }
        resource.rules.setDefaults = { service in
            service.edit("spec") { spec in
                if (spec["sessionAffinity"]?.string ?? "").isEmpty { spec["sessionAffinity"] = "None" }
                if spec["sessionAffinity"]?.string == "ClientIP", spec[path: "sessionAffinityConfig", "clientIP", "timeoutSeconds"] == nil {
                    spec[path: "sessionAffinityConfig", "clientIP", "timeoutSeconds"] = 10800
                }
                if (spec["type"]?.string ?? "").isEmpty { spec["type"] = "ClusterIP" }
                let type = spec["type"]?.string ?? ""
                spec.editEach("ports") { port in
                    port.fill("protocol", "TCP")
                    if port["targetPort"] == nil || port["targetPort"]?.int == 0 || port["targetPort"]?.string == "" {
                        port["targetPort"] = port["port"]
                    }
                }
                if type == "NodePort" || type == "LoadBalancer" { spec.fill("externalTrafficPolicy", "Cluster") }
                if type == "LoadBalancer" { spec.fill("allocateLoadBalancerNodePorts", true) }
                if type != "ExternalName" { spec.fill("internalTrafficPolicy", "Cluster") }
            }
        }
    }

    static func secret(_ resource: inout Resource) {
        resource.selectableFields = ["type"]
        resource.rules.setDefaults = { secret in
            if (secret["type"]?.string ?? "").isEmpty { secret["type"] = "Opaque" }
        }
    }

    static func lease(_ resource: inout Resource) {
        resource.rules.allowsCreateOnUpdate = true
        resource.rules.allowsUnconditionalUpdate = false
    }

    static func job(_ resource: inout Resource) {
        StatusOwnership.rules(&resource, generation: true)
        resource.selectableFields = ["status.successful"]
        resource.rules.defaultPropagation = "orphan"
        resource.rules.setDefaults = { job in
            job.edit("spec") { spec in
                spec.edit("template") { $0.edit("spec", PodSpecDefaults.apply) }
                if spec["completions"] == nil, spec["parallelism"] == nil { spec["completions"] = 1 }
                spec.fill("parallelism", 1)
                spec.fill("backoffLimit", spec["backoffLimitPerIndex"] == nil ? 6 : 2_147_483_647)
                spec.fill("completionMode", "NonIndexed")
                spec.fill("suspend", false)
                spec.fill("manualSelector", false)
                spec.fill("podReplacementPolicy", spec["podFailurePolicy"] == nil ? "TerminatingOrFailed" : "Failed")
            }
        }
        resource.rules.prepareForCreate = { job in
            job["status"] = .emptyObject
            guard job[path: "spec", "manualSelector"]?.bool != true, let uid = job[path: "metadata", "uid"]?.string,
                let name = job[path: "metadata", "name"]?.string
            else { return }
            for (key, value) in [
                "controller-uid": uid, "batch.kubernetes.io/controller-uid": uid, "job-name": name, "batch.kubernetes.io/job-name": name,
            ] { job[path: "spec", "template", "metadata", "labels", key] = .string(value) }
            job[path: "spec", "selector", "matchLabels", "batch.kubernetes.io/controller-uid"] = .string(uid)
        }
    }
}
