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

/// The form of a cron schedule, with the messages of github.com/robfig/cron.
enum CronFormat {
    private struct Field {
        var bounds: ClosedRange<Int>
        var names: [String] = []
        var firstName = 0
    }

    private static let fields = [
        Field(bounds: 0...59), Field(bounds: 0...23), Field(bounds: 1...31),
        Field(
            bounds: 1...12, names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
            firstName: 1),
        Field(bounds: 0...6, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
    ]
    private static let descriptors = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"]

    /// What is wrong with a schedule, nil for nothing.
    static func problem(_ schedule: String) -> String? {
        if schedule.hasPrefix("@") {
            if descriptors.contains(schedule) { return nil }
            guard schedule.hasPrefix("@every ") else { return "unrecognized descriptor: \(schedule)" }
            let text = schedule.dropFirst("@every ".count)
            return isDuration(text) ? nil : "failed to parse duration \(schedule): time: invalid duration \"\(text)\""
        }
        let parts = schedule.split(whereSeparator: \.isWhitespace).map(String.init)
        guard parts.count == fields.count else {
            return "expected exactly 5 fields, found \(parts.count): [\(parts.joined(separator: " "))]"
        }
        for (part, field) in zip(parts, fields) {
            for item in part.split(separator: ",") {
                if let wrong = range(String(item), field) { return wrong }
            }
        }
        return nil
    }

    private static func range(_ text: String, _ field: Field) -> String? {
        let stepped = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let ends = (stepped.first ?? "").split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        var (low, high) = (field.bounds.lowerBound, field.bounds.upperBound)
        if ends.first == "*" || ends.first == "?" {
            if ends.count > 1 { return "too many hyphens: \(text)" }
        } else {
            switch number(ends.first ?? "", field) {
            case .success(let value): low = value
            case .failure(let wrong): return wrong.text
            }
            high = low
            if ends.count == 2 {
                switch number(ends[1], field) {
                case .success(let value): high = value
                case .failure(let wrong): return wrong.text
                }
            } else if ends.count > 2 {
                return "too many hyphens: \(text)"
            }
        }
        var step = 1
        if stepped.count == 2 {
            switch number(stepped[1], Field(bounds: field.bounds)) {
            case .success(let value): step = value
            case .failure(let wrong): return wrong.text
            }
            if ends.count == 1, ends.first != "*" { high = field.bounds.upperBound }
        } else if stepped.count > 2 {
            return "too many slashes: \(text)"
        }
        if low < field.bounds.lowerBound {
            return "beginning of range (\(low)) below minimum (\(field.bounds.lowerBound)): \(text)"
        }
        if high > field.bounds.upperBound {
            return "end of range (\(high)) above maximum (\(field.bounds.upperBound)): \(text)"
        }
        if low > high { return "beginning of range (\(low)) beyond end of range (\(high)): \(text)" }
        return step == 0 ? "step of range should be a positive number: \(text)" : nil
    }

    private struct Wrong: Error { var text: String }

    private static func number(_ text: String, _ field: Field) -> Result<Int, Wrong> {
        if let index = field.names.firstIndex(of: text.lowercased()) { return .success(index + field.firstName) }
        guard let value = Int(text) else {
            return .failure(Wrong(text: "failed to parse int from \(text): strconv.Atoi: parsing \"\(text)\": invalid syntax"))
        }
        return value < 0 ? .failure(Wrong(text: "negative number (\(value)) not allowed: \(text)")) : .success(value)
    }

    /// Whether a text is a Go duration such as `1h30m`.
    private static func isDuration(_ text: Substring) -> Bool {
        var rest = text
        if rest.isEmpty { return false }
        if rest == "0" { return true }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isNumber || $0 == "." }
            guard Double(digits) != nil else { return false }
            rest = rest.dropFirst(digits.count)
            guard let unit = ["ns", "us", "µs", "ms", "s", "m", "h"].first(where: { rest.hasPrefix($0) }) else { return false }
            rest = rest.dropFirst(unit.count)
        }
        return true
    }
}
