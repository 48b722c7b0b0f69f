import ClusterObjects

/// A cron expression: minute, hour, day of month, month, day of week; `@hourly` and the like; `@every 1h30m`
/// (robfig/cron, "standard" parser).
struct CronSchedule: Equatable {
    private var minutes: Set<Int> = []
    private var hours: Set<Int> = []
    private var days: Set<Int> = []
    private var months: Set<Int> = []
    private var weekdays: Set<Int> = []
    /// A day must be in both sets only when neither is restricted by `*`; otherwise in either.
    private var anyDay = false
    private var anyWeekday = false
    private var every: Int64?

    private static let names = [
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0", "@daily": "0 0 * * *",
        "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
    ]
    private static let monthNames = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    private static let dayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

    /// Nil when `text` is no schedule.
    init?(_ text: String) {
        var text = text
        if text.hasPrefix("@every ") {
            guard let seconds = Self.duration(text.dropFirst(7)), seconds >= 1 else { return nil }
            every = seconds
            return
        }
        if text.hasPrefix("@") {
            guard let meaning = Self.names[text] else { return nil }
            text = meaning
        }
        let fields = text.split(separator: " ", omittingEmptySubsequences: true)
        guard fields.count == 5, let minutes = Self.field(fields[0], 0...59), let hours = Self.field(fields[1], 0...23),
            let days = Self.field(fields[2], 1...31), let months = Self.field(fields[3], 1...12, Self.monthNames, from: 1),
            let weekdays = Self.field(fields[4], 0...7, Self.dayNames, from: 0)
        else { return nil }
        self.minutes = minutes
        self.hours = hours
        self.days = days
        self.months = months
        self.weekdays = Set(weekdays.map { $0 % 7 })
        anyDay = fields[2].hasPrefix("*") || fields[2].hasPrefix("?")
        anyWeekday = fields[4].hasPrefix("*") || fields[4].hasPrefix("?")
    }

    private static func duration(_ text: Substring) -> Int64? {
        var total: Int64 = 0
        var number = ""
        for character in text {
            if character.isNumber {
                number.append(character)
                continue
            }
            guard let value = Int64(number), value < 1 << 32, let unit = ["h": 3600, "m": 60, "s": 1][character] as Int64? else {
                return nil
            }
            total += value * unit
            number = ""
        }
        return number.isEmpty ? total : nil
    }

    private static func field(_ text: Substring, _ range: ClosedRange<Int>, _ names: [String] = [], from first: Int = 0) -> Set<Int>? {
        var result: Set<Int> = []
        func number(_ text: Substring) -> Int? {
            if let index = names.firstIndex(of: text.lowercased()) { return index + first }
            return Int(text)
        }
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pieces = part.split(separator: "/", omittingEmptySubsequences: false)
            guard let head = pieces.first, pieces.count <= 2 else { return nil }
            var bounds = range.lowerBound...(range == 0...7 ? 6 : range.upperBound)
            if head != "*", head != "?" {
                let ends = head.split(separator: "-", omittingEmptySubsequences: false)
                guard ends.count <= 2, let low = ends.first.flatMap(number), let high = ends.last.flatMap(number), low <= high,
                    range.contains(low), range.contains(high)
                else { return nil }
                // `5/15` starts at 5 and goes on to the end.
                bounds = low...(ends.count == 1 && pieces.count == 2 ? bounds.upperBound : high)
            }
            var step = 1
            if pieces.count == 2 {
                guard let given = Int(pieces[1]), given > 0 else { return nil }
                step = given
            }
            result.formUnion(stride(from: bounds.lowerBound, through: bounds.upperBound, by: step))
        }
        return result
    }

    /// The first moment after `time` in a zone that is `offset` seconds ahead of UTC; nil when there is none in five years.
    func next(after time: Timestamp, offset: Int64 = 0) -> Timestamp? {
        if let every { return Timestamp(seconds: time.seconds + every) }
        let local = time.seconds + offset
        var day = Int((local >= 0 ? local : local - 86399) / 86400)
        var minute = Int(local - Int64(day) * 86400) / 60 + 1
        for _ in 0..<366 * 5 {
            if includes(day: day) {
                while minute < 1440 {
                    if !hours.contains(minute / 60) {
                        minute = (minute / 60 + 1) * 60
                    } else if minutes.contains(minute % 60) {
                        return Timestamp(seconds: Int64(day) * 86400 + Int64(minute) * 60 - offset)
                    } else {
                        minute += 1
                    }
                }
            }
            day += 1
            minute = 0
        }
        return nil
    }

    private func includes(day: Int) -> Bool {
        let date = Timestamp.civil(daysSinceEpoch: day)
        guard months.contains(date.month) else { return false }
        let weekday = ((day + 4) % 7 + 7) % 7
        let (isDay, isWeekday) = (days.contains(date.day), weekdays.contains(weekday))
        return anyDay || anyWeekday ? isDay && isWeekday : isDay || isWeekday
    }
}
