import ClusterObjects

/// What CronJobs must be. Source: pkg/apis/batch/validation.
enum CronJobRules {
    private static let path = FieldPath("spec")

    @Sendable static func validate(_ cron: Value) -> [Problem] {
        let name = cron["metadata"]?.text("name") ?? ""
        var problems = spec(cron["spec"] ?? .emptyObject, before: nil)
        // Jobs' names are 11 characters longer.
        if name.utf8.count > 52 {
            problems.append(.invalid(FieldPath("metadata", "name"), .string(name), "must be no more than 52 characters"))
        }
        return problems
    }

    @Sendable static func validateUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        subresource.isEmpty ? spec(new["spec"] ?? .emptyObject, before: old["spec"] ?? .emptyObject) : []
    }

    private static func spec(_ spec: Value, before: Value?) -> [Problem] {
        var problems: [Problem] = []
        schedule(spec, before, &problems)
        problems.nonnegative(spec, "startingDeadlineSeconds", path)
        // A zone that the host knew once is not looked up again.
        if let zone = spec["timeZone"]?.string, before?["timeZone"]?.string != zone {
            problems.add(path / "timeZone", zone, TimeZoneName.problems(zone))
        }
        problems.oneOf(spec, "concurrencyPolicy", ["Allow", "Forbid", "Replace"], path)
        let template = spec[path: "jobTemplate", "spec"] ?? .emptyObject
        let here = path / "jobTemplate" / "spec"
        problems += JobRules.spec(template, here)
        if let selector = template.part("selector") {
            problems.append(
                .invalid(here / "selector", shown: LabelSelectorRules.shown(selector), "`selector` will be auto-generated"))
        }
        if template.flag("manualSelector") {
            problems.append(.notSupported(here / "manualSelector", true, inOrder: ["nil", "false"]))
        }
        for key in ["successfulJobsHistoryLimit", "failedJobsHistoryLimit"] { problems.nonnegative(spec, key, path) }
        return problems
    }

    private static func schedule(_ spec: Value, _ before: Value?, _ problems: inout [Problem]) {
        let here = path / "schedule"
        let schedule = spec.text("schedule")
        if schedule.isEmpty { return problems.append(.required(here)) }
        if let wrong = CronFormat.problem(schedule) { problems.append(.invalid(here, .string(schedule), wrong)) }
        guard schedule.contains("TZ") else { return }
        // One that has named its zone in its schedule since before that was refused may go on.
        if !(before?.text("schedule").contains("TZ") ?? false) {
            problems.append(
                .invalid(here, .string(schedule), "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"))
        } else if spec.has("timeZone") {
            problems.append(
                .invalid(here, .string(schedule), "cannot use both timeZone field and TZ or CRON_TZ in schedule"))
        }
    }
}
