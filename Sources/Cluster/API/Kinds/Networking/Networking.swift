import ClusterObjects

extension Kinds {
    static func ingress(_ resource: inout Resource) {
        StatusOwnership.rules(&resource, generation: true)
        resource.rules.prepareForCreate = { $0["status"] = ["loadBalancer": .emptyObject] }
        resource.rules.validate = IngressRules.validate
        resource.rules.validateUpdate = IngressRules.validateUpdate
    }

    static func ingressClass(_ resource: inout Resource) {
        resource.rules.hasGeneration = true
        resource.rules.setDefaults = { object in
            object.edit("spec") { $0.edit("parameters") { $0.fill("scope", "Cluster") } }
        }
        resource.rules.validate = IngressRules.ingressClass
        resource.rules.validateUpdate = IngressRules.ingressClassUpdate
    }

    static func networkPolicy(_ resource: inout Resource) {
        resource.rules.hasGeneration = true
        resource.rules.setDefaults = { policy in
            policy.edit("spec") { spec in
                for direction in ["ingress", "egress"] {
                    spec.editEach(direction) { $0.editEach("ports") { $0.fill("protocol", "TCP") } }
                }
                if spec.list("policyTypes").isEmpty {
                    spec["policyTypes"] = Value(["Ingress"] + (spec.list("egress").isEmpty ? [] : ["Egress"]))
                }
            }
        }
        resource.rules.validate = NetworkPolicyRules.validate
        resource.rules.validateUpdate = NetworkPolicyRules.validateUpdate
    }
}
