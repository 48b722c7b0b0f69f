import ClusterObjects

extension Kinds {
    /// What the configurations of mutating and validating webhooks have in common.
    static func webhooks(_ resource: inout Resource) {
        resource.rules.hasGeneration = true
        let isMutating = resource.kind == "MutatingWebhookConfiguration"
        resource.rules.setDefaults = { configuration in
            configuration.editEach("webhooks") { hook in
                hook.fill("failurePolicy", "Fail")
                hook.fill("matchPolicy", "Equivalent")
                hook.fill("namespaceSelector", .emptyObject)
                hook.fill("objectSelector", .emptyObject)
                hook.fill("timeoutSeconds", 10)
                if isMutating { hook.fill("reinvocationPolicy", "Never") }
                fillRules(&hook, "rules")
                hook.edit("clientConfig") { $0.edit("service") { $0.fill("port", 443) } }
            }
        }
        resource.rules.validate = WebhookRules.webhooks
        resource.rules.validateUpdate = { new, _, _ in WebhookRules.webhooks(new) }
        resource.rules.unenforced = Unenforced.ofWebhooks
    }

    /// What mutating and validating admission policies have in common.
    static func admissionPolicies(_ resource: inout Resource) {
        resource.rules.hasGeneration = true
        if resource.subresource("status") != nil { StatusOwnership.rules(&resource, generation: true) }
        resource.rules.setDefaults = { policy in
            policy.edit("spec") { spec in
                spec.fill("failurePolicy", "Fail")
                spec.edit("matchConstraints", matchDefaults)
            }
        }
        resource.rules.validate = AdmissionPolicyRules.policy
        resource.rules.validateUpdate = { new, _, _ in AdmissionPolicyRules.policy(new) }
        resource.rules.unenforced = Unenforced.ofPolicy
    }

    static func admissionBindings(_ resource: inout Resource) {
        resource.rules.hasGeneration = true
        resource.rules.setDefaults = { binding in
            binding.edit("spec") { spec in
                spec.edit("matchResources", matchDefaults)
            }
        }
        resource.rules.validate = AdmissionPolicyRules.binding
        resource.rules.validateUpdate = { new, _, _ in AdmissionPolicyRules.binding(new) }
        resource.rules.unenforced = Unenforced.ofBinding
    }

    private static func matchDefaults(_ resources: inout Value) {
        resources.fill("matchPolicy", "Equivalent")
        resources.fill("namespaceSelector", .emptyObject)
        resources.fill("objectSelector", .emptyObject)
        fillRules(&resources, "resourceRules")
        fillRules(&resources, "excludeResourceRules")
    }

    private static func fillRules(_ owner: inout Value, _ key: String) {
        owner.editEach(key) { if $0.text("scope").isEmpty { $0["scope"] = "*" } }
    }
}
