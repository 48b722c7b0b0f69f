import ClusterObjects

extension Kinds {
    static func service(_ resource: inout Resource) {
        resource.selectableFields = ["spec.clusterIP", "spec.type"]
        resource.rules.nameRule = .dnsLabel
        resource.rules.hasStatus = true
        resource.rules.validate = ServiceRules.validate
        resource.rules.validateUpdate = ServiceChange.validate
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
}
