import ClusterObjects

extension Kinds {
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
