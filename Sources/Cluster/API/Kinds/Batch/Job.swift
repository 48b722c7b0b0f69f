import ClusterObjects

extension Kinds {
    static func job(_ resource: inout Resource) {
        StatusOwnership.rules(&resource, generation: true)
        resource.selectableFields = ["status.successful"]
        resource.rules.defaultPropagation = "orphan"
        resource.rules.warnings = PodWarnings.workload
        resource.rules.validate = JobRules.validate
        resource.rules.validateUpdate = JobChange.validateUpdate
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
                spec.fill("podReplacementPolicy", spec["podFailurePolicy"] == nil ? "TerminatingOrFailed" : "Failed")
            }
        }
        resource.rules.prepareForCreate = { job in
            job["status"] = .emptyObject
            if !(job["spec"]?.flag("manualSelector") ?? false) { generateSelector(&job) }
        }
    }

    /// Labels of the template that are a job's own, and the selector for them. What the user said stays, and is refused if it is wrong.
    private static func generateSelector(_ job: inout Value) {
        guard let uid = job["metadata"]?["uid"], let name = job["metadata"]?["name"], job["spec"]?.object != nil else { return }
        // Labels taken from the template are the template's own map upstream, which gets these, too.
        let isShared = job[path: "metadata", "labels"] == job[path: "spec", "template", "metadata", "labels"]
        for (key, value) in [("job-name", name), ("controller-uid", uid)].flatMap({ [$0, ("batch.kubernetes.io/\($0.0)", $0.1)] }) {
            if job[path: "spec", "template", "metadata", "labels", key] == nil {
                job[path: "spec", "template", "metadata", "labels", key] = value
            }
            if isShared { job[path: "metadata", "labels", key] = job[path: "spec", "template", "metadata", "labels", key] }
        }
        let selected = "batch.kubernetes.io/controller-uid"
        if job[path: "spec", "selector", "matchLabels", selected] == nil { job[path: "spec", "selector", "matchLabels", selected] = uid }
    }
}
