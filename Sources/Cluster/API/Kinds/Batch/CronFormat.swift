import ClusterObjects

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
        guard schedule.hasPrefix("TZ=") || schedule.hasPrefix("CRON_TZ="), let mark = schedule.firstIndex(of: "=") else {
            return plainProblem(schedule)
        }
        guard let space = schedule.firstIndex(of: " "), space > mark else {
            return "invalid schedule format: runtime error: slice bounds out of range [:-1]"
        }
        let zone = String(schedule[schedule.index(after: mark)..<space])
        guard zone == "Local" || TimeZoneName.problems(zone).isEmpty else {
            return "provided bad location \(zone): unknown time zone \(zone)"
        }
        return plainProblem(schedule[space...].trimmed)
    }

    /// The same without a zone before it.
    private static func plainProblem(_ schedule: String) -> String? {
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
            // What follows a star is not read.
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
