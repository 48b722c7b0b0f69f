import ClusterObjects
import Glibc

/// What CronJobs must be. Source: pkg/apis/batch/validation.
enum CronJobRules {
    private static let path = FieldPath("spec")

    @Sendable static func validate(_ cron: Value) -> [Problem] {
        var problems: [Problem] = []
        let name = cron[path: "metadata", "name"]?.string ?? ""
        let spec = cron["spec"] ?? .emptyObject
        problems += self.spec(spec)
        // Jobs' names are 11 characters longer.
        if name.utf8.count > 52 {
            problems.append(.invalid(FieldPath("metadata", "name"), .string(name), "must be no more than 52 characters"))
        }
        return problems
    }

    @Sendable static func validateUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        subresource.isEmpty ? spec(new["spec"] ?? .emptyObject) : []
    }

    private static func spec(_ spec: Value) -> [Problem] {
        var problems: [Problem] = []
        let schedule = spec.text("schedule")
        if schedule.isEmpty {
            problems.append(.required(path / "schedule"))
        } else if schedule.contains("TZ") {
            let detail =
                spec.has("timeZone")
                ? "cannot use both timeZone field and TZ or CRON_TZ in schedule"
                : "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
            problems.append(.invalid(path / "schedule", .string(schedule), detail))
        } else if let wrong = CronFormat.problem(schedule) {
            problems.append(.invalid(path / "schedule", .string(schedule), wrong))
        }
        problems.nonnegative(spec, "startingDeadlineSeconds", path)
        if let zone = spec["timeZone"]?.string, let wrong = timeZone(zone) {
            problems.append(.invalid(path / "timeZone", .string(zone), wrong))
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

    private static let regions: Set<String> = [
        "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Brazil", "Canada", "Chile", "Etc", "Europe",
        "Indian", "Mexico", "Pacific", "US", "GMT", "Japan", "Singapore", "Turkey", "Israel", "Iran", "Egypt", "Cuba", "PRC", "ROC",
        "ROK", "CET", "EET", "MET", "WET", "EST", "MST", "HST", "EST5EDT", "CST6CDT", "MST7MDT", "PST8PDT", "GB", "NZ", "UCT", "Zulu",
    ]

    private static func timeZone(_ name: String) -> String? {
        if name.isEmpty { return "timeZone must be nil or non-empty string" }
        if name.lowercased() == "local" {
            return "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"
        }
        let directory = "/usr/share/zoneinfo"
        let isPlain = name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\\") }
        guard isPlain, !name.hasPrefix("/"), !name.contains("..") else { return "unknown time zone \(name)" }
        if name == "UTC" || access("\(directory)/\(name)", R_OK) == 0 { return nil }
        // Where the host has no time zones, a name of a known region has to be believed.
        let region = name.split(separator: "/").first.map(String.init) ?? ""
        if access(directory, R_OK) != 0, regions.contains(region) { return nil }
        return "unknown time zone \(name)"
    }
}
