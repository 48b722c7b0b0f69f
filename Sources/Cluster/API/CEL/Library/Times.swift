extension CEL.Library {
    /// What can be read off a point in time, in UTC or a zone, or a duration.
    static let times: [CEL.Function] = [
        ("getFullYear", "year", false), ("getMonth", "month", false), ("getDayOfYear", "day_of_year", false),
        ("getDayOfMonth", "day_of_month", false), ("getDate", "day_of_month_1_based", false), ("getDayOfWeek", "day_of_week", false),
        ("getHours", "hours", true), ("getMinutes", "minutes", true), ("getSeconds", "seconds", true),
        ("getMilliseconds", "milliseconds", true),
    ].map { name, unit, isOfDurations in
        var overloads: [CEL.Overload] = [
            .init("timestamp_to_\(unit)", "timestamp.() -> int"), .init("timestamp_to_\(unit)_with_tz", "timestamp.(string) -> int"),
        ]
        if isOfDurations { overloads.append(.init("duration_to_\(unit)", "duration.() -> int")) }
        return CEL.Function(name, overloads)
    }
}
