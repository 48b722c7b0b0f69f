import ClusterObjects

extension Kinds {
    static func disruptionBudget(_ resource: inout Resource) {
        StatusOwnership.rules(&resource, generation: true)
        resource.rules.allowsUnconditionalUpdate = false
        resource.rules.prepareForCreate = {
            $0["status"] = ["currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0]
        }
        resource.rules.validate = BudgetRules.disruptionBudget
        resource.rules.validateUpdate = BudgetRules.disruptionBudgetUpdate
    }

    static func priorityClass(_ resource: inout Resource) {
        // Its generation stays what it was when it was made.
        resource.rules.prepareForCreate = { $0[path: "metadata", "generation"] = 1 }
        resource.rules.setDefaults = { $0.fill("preemptionPolicy", "PreemptLowerPriority") }
        resource.rules.validate = BudgetRules.priorityClass
        resource.rules.validateUpdate = BudgetRules.priorityClassUpdate
    }

    static func runtimeClass(_ resource: inout Resource) {
        resource.rules.validate = BudgetRules.runtimeClass
        resource.rules.validateUpdate = BudgetRules.runtimeClassUpdate
    }

    static func controllerRevision(_ resource: inout Resource) {
        resource.rules.validate = BudgetRules.revision
        resource.rules.validateUpdate = BudgetRules.revisionUpdate
    }

    static func limitRange(_ resource: inout Resource) {
        resource.rules.setDefaults = { range in
            range.edit("spec") { spec in
                spec.editEach("limits") { limit in
                    guard limit.text("type") == "Container" else { return }
                    // What is not said of a default is the most, of a request the default, else the least.
                    for (list, sources) in [("default", ["max"]), ("defaultRequest", ["default", "min"])] {
                        for source in sources {
                            for (name, amount) in limit.map(source) { limit[list, default: .emptyObject].fill(name, amount) }
                        }
                    }
                }
            }
        }
        resource.rules.validate = LimitRules.validate
        resource.rules.validateUpdate = { new, _, _ in LimitRules.validate(new) }
    }

    static func resourceQuota(_ resource: inout Resource) {
        StatusOwnership.rules(&resource, generation: false)
        resource.rules.validate = QuotaRules.validate
        resource.rules.validateUpdate = QuotaRules.validateUpdate
    }

    /// Roles and their bindings: any name that can stand in a path.
    static func role(_ resource: inout Resource) {
        resource.rules.nameRule = .pathSegment
        resource.rules.allowsCreateOnUpdate = true
        let validate = AccessRules.role(namespaced: resource.isNamespaced)
        resource.rules.validate = validate
        resource.rules.validateUpdate = { new, _, _ in validate(new) }
    }

    static func roleBinding(_ resource: inout Resource) {
        resource.rules.nameRule = .pathSegment
        resource.rules.allowsCreateOnUpdate = true
        resource.rules.validate = AccessRules.binding(namespaced: resource.isNamespaced)
        resource.rules.validateUpdate = AccessRules.bindingUpdate(namespaced: resource.isNamespaced)
        resource.rules.setDefaults = { binding in
            binding.edit("roleRef") { if $0.text("apiGroup").isEmpty { $0["apiGroup"] = "rbac.authorization.k8s.io" } }
            binding.editEach("subjects") { subject in
                switch subject["kind"]?.string {
                case "ServiceAccount": subject.fill("apiGroup", "")
                case "User", "Group": subject.fill("apiGroup", "rbac.authorization.k8s.io")
                default: break
                }
                if subject["apiGroup"]?.string == "" { subject["apiGroup"] = nil }
            }
        }
    }

    static func certificateRequest(_ resource: inout Resource) {
        resource.selectableFields = ["spec.signerName"]
        resource.rules.hasStatus = true
        resource.rules.prepareForCreate = { $0["status"] = .emptyObject }
        resource.rules.prepareForUpdate = { new, old, subresource in
            new["spec"] = old["spec"]
            switch subresource {
            case "approval": new[path: "status", "certificate"] = old[path: "status", "certificate"]
            case "status": break
            default: new["status"] = old["status"]
            }
        }
        resource.rules.validate = CertificateRules.validate
        resource.rules.validateUpdate = CertificateRules.validateUpdate
    }

    // MARK: - Admission

    private static func fillRules(_ owner: inout Value, _ key: String) {
        owner.editEach(key) { if $0.text("scope").isEmpty { $0["scope"] = "*" } }
    }

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
    }

    static func admissionPolicy(_ resource: inout Resource) {
        resource.rules.hasGeneration = true
        if resource.subresource("status") != nil { StatusOwnership.rules(&resource, generation: true) }
        resource.rules.setDefaults = { policy in
            policy.edit("spec") { spec in
                spec.fill("failurePolicy", "Fail")
                spec.edit("matchConstraints", matchDefaults)
            }
        }
        resource.rules.validate = WebhookRules.policy
        resource.rules.validateUpdate = { new, _, _ in WebhookRules.policy(new) }
    }

    static func admissionBinding(_ resource: inout Resource) {
        resource.rules.hasGeneration = true
        resource.rules.setDefaults = { binding in
            binding.edit("spec") { spec in
                spec.edit("matchResources", matchDefaults)
            }
        }
        resource.rules.validate = WebhookRules.binding
        resource.rules.validateUpdate = { new, _, _ in WebhookRules.binding(new) }
    }

    private static func matchDefaults(_ resources: inout Value) {
        resources.fill("matchPolicy", "Equivalent")
        resources.fill("namespaceSelector", .emptyObject)
        resources.fill("objectSelector", .emptyObject)
        fillRules(&resources, "resourceRules")
        fillRules(&resources, "excludeResourceRules")
    }
}
