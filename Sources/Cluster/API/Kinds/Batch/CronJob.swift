import ClusterObjects

extension Kinds {
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
}
