import ClusterObjects

extension Kinds {
    static func namespace(_ resource: inout Resource) {
        resource.selectableFields = ["status.phase"]
        resource.rules.nameRule = .dnsLabel
        resource.rules.hasStatus = true
        resource.rules.validate = ClusterObjectRules.namespace
        resource.rules.validateUpdate = ClusterObjectRules.namespaceUpdate
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
        resource.rules.validate = ClusterObjectRules.node
        resource.rules.validateUpdate = ClusterObjectRules.nodeUpdate
        resource.rules.setDefaults = { node in
            // What a node can give is all it has, where nobody says otherwise.
            if let capacity = node[path: "status", "capacity"], !(node["status"]?.has("allocatable") ?? false) {
                node[path: "status", "allocatable"] = capacity
            }
        }
        resource.rules.prepareForUpdate = { StatusOwnership.keep(&$0, $1, $2) }
    }

    static func service(_ resource: inout Resource) {
        resource.selectableFields = ["spec.clusterIP", "spec.type"]
        resource.rules.nameRule = .dnsLabel
        resource.rules.hasStatus = true
        resource.rules.validate = ServiceRules.validate
        resource.rules.validateUpdate = ServiceRules.validateUpdate
        resource.rules.warnings = ServiceWarnings.warnings
        resource.rules.prepareForCreate = { $0["status"] = ["loadBalancer": .emptyObject] }
        resource.rules.prepareForUpdate = { service, old, subresource in
            StatusOwnership.keep(&service, old, subresource)
            if subresource.isEmpty { ServiceTypes.drop(&service, old) }
        }
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
                let isExternal =
                    type == "NodePort" || type == "LoadBalancer" || (type == "ClusterIP" && !spec.list("externalIPs").isEmpty)
                if isExternal, spec.text("externalTrafficPolicy").isEmpty { spec["externalTrafficPolicy"] = "Cluster" }
                if type == "LoadBalancer" { spec.fill("allocateLoadBalancerNodePorts", true) }
                if type != "ExternalName" { spec.fill("internalTrafficPolicy", "Cluster") }
            }
            service.edit("status") { status in
                status.edit("loadBalancer") { balancer in
                    balancer.editEach("ingress") { if !$0.text("ip").isEmpty { $0.fill("ipMode", "VIP") } }
                }
            }
        }
    }

    static func secret(_ resource: inout Resource) {
        resource.selectableFields = ["type"]
        resource.rules.setDefaults = { secret in
            if (secret["type"]?.string ?? "").isEmpty { secret["type"] = "Opaque" }
            // What is written as text is kept as bytes.
            for (key, value) in secret.map("stringData") {
                secret[path: "data", key] = .string(Base64.encode((value.string ?? "").utf8))
            }
            secret["stringData"] = nil
        }
        resource.rules.validate = DataRules.secret
        resource.rules.validateUpdate = DataRules.secretUpdate
    }

    static func configMap(_ resource: inout Resource) {
        resource.rules.validate = DataRules.configMap
        resource.rules.validateUpdate = DataRules.configMapUpdate
    }

    static func lease(_ resource: inout Resource) {
        resource.rules.allowsCreateOnUpdate = true
        resource.rules.allowsUnconditionalUpdate = false
        resource.rules.validate = LeaseRules.validate
        resource.rules.validateUpdate = LeaseRules.validateUpdate
    }

    static func job(_ resource: inout Resource) {
        StatusOwnership.rules(&resource, generation: true)
        resource.selectableFields = ["status.successful"]
        resource.rules.defaultPropagation = "orphan"
        resource.rules.warnings = PodWarnings.workload
        resource.rules.validate = JobRules.validate
        resource.rules.validateUpdate = JobRules.validateUpdate
        resource.rules.setDefaults = { job in
            if job[path: "metadata", "labels"]?.object?.isEmpty ?? true {
                job[path: "metadata", "labels"] = job[path: "spec", "template", "metadata", "labels"]
            }
            job.edit("spec") { spec in
                spec.edit("template") { $0.edit("spec", PodSpecDefaults.apply) }
                if spec["completions"] == nil, spec["parallelism"] == nil { spec["completions"] = 1 }
                spec.fill("parallelism", 1)
                spec.fill("backoffLimit", spec["backoffLimitPerIndex"] == nil ? 6 : 2_147_483_647)
                spec.fill("completionMode", "NonIndexed")
                spec.fill("suspend", false)
                spec.fill("manualSelector", false)
                spec.edit("podFailurePolicy") { policy in
                    policy.editEach("rules") { rule in rule.editEach("onPodConditions") { $0.fill("status", "True") } }
                }
                spec.edit("podFailurePolicy") { policy in
                    policy.editEach("rules") { $0.editEach("onPodConditions") { if $0.text("status").isEmpty { $0["status"] = "True" } } }
                }
                spec.fill("podReplacementPolicy", spec["podFailurePolicy"] == nil ? "TerminatingOrFailed" : "Failed")
            }
        }
        resource.rules.prepareForCreate = { job in
            job["status"] = .emptyObject
            guard job[path: "spec", "manualSelector"]?.bool != true, let uid = job[path: "metadata", "uid"]?.string,
                let name = job[path: "metadata", "name"]?.string
            else { return }
            // Labels taken from the template are the template's own map upstream, which gets these, too.
            let isShared = job[path: "metadata", "labels"] == job[path: "spec", "template", "metadata", "labels"]
            for (key, value) in [
                "controller-uid": uid, "batch.kubernetes.io/controller-uid": uid, "job-name": name, "batch.kubernetes.io/job-name": name,
            ] {
                job[path: "spec", "template", "metadata", "labels", key] = .string(value)
                if isShared { job[path: "metadata", "labels", key] = .string(value) }
            }
            job[path: "spec", "selector", "matchLabels", "batch.kubernetes.io/controller-uid"] = .string(uid)
        }
    }
}
