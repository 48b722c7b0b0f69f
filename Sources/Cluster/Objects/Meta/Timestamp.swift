/// A moment in UTC, as API objects write it: RFC 3339, whole seconds (`Time`) or microseconds (`MicroTime`).
public struct Timestamp: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
    public var microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }
    /// Beyond ``earliest`` and ``latest`` it is these.
    public init(seconds: Int64) { microseconds = min(max(seconds, -62_167_219_200), 253_402_300_799) * 1_000_000 }

    public var seconds: Int64 { (microseconds - (microseconds % 1_000_000 + 1_000_000) % 1_000_000) / 1_000_000 }

    /// The same moment with its fraction of a second cut off, what `metav1.Time` keeps.
    public var wholeSeconds: Timestamp { Timestamp(seconds: seconds) }

    /// Reads RFC 3339 with any offset and up to nine digits of fraction (cut to six); nil when `text` is something else.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes.count <= 40 else { return nil }
        func number(_ start: Int, _ count: Int) -> Int? {
            guard start + count <= bytes.count else { return nil }
            var result = 0
            for byte in bytes[start..<start + count] {
                guard byte &- 0x30 < 10 else { return nil }
                result = result * 10 + Int(byte - 0x30)
            }
            return result
        }
        guard bytes[4] == 0x2D, bytes[7] == 0x2D, bytes[10] | 0x20 == 0x74, bytes[13] == 0x3A, bytes[16] == 0x3A,
            let year = number(0, 4), let month = number(5, 2), let day = number(8, 2), let hour = number(11, 2),
            let minute = number(14, 2), let second = number(17, 2),
            1...12 ~= month, 1...Timestamp.days(in: month, of: year) ~= day, hour < 24, minute < 60, second < 60
        else { return nil }
        var position = 19
        var fraction = 0
        if bytes[position] == 0x2E {
            position += 1
            var digits = 0
            while position < bytes.count, bytes[position] &- 0x30 < 10 {
                if digits < 6 { fraction = fraction * 10 + Int(bytes[position] - 0x30) }
                digits += 1
                position += 1
            }
            guard 1...9 ~= digits else { return nil }
            for _ in digits..<max(6, digits) { fraction *= 10 }
        }
        guard position < bytes.count else { return nil }
        var offset = 0
        switch bytes[position] {
        case 0x5A, 0x7A: guard position + 1 == bytes.count else { return nil }
        case 0x2B, 0x2D:
            guard position + 6 == bytes.count, bytes[position + 3] == 0x3A, let hours = number(position + 1, 2),
                let minutes = number(position + 4, 2), hours < 24, minutes < 60
            else { return nil }
            offset = (hours * 3600 + minutes * 60) * (bytes[position] == 0x2D ? -1 : 1)
        default: return nil
        }
        let days = Timestamp.daysSinceEpoch(year: year, month: month, day: day)
        let total = days * 86400 + hour * 3600 + minute * 60 + second - offset
        microseconds = Int64(total) * 1_000_000 + Int64(fraction)
        // An offset may lead out of the years that can be written.
        guard Timestamp.earliest <= self, seconds <= Timestamp.latest.seconds else { return nil }
    }

    /// `2006-01-02T15:04:05Z`.
    public var description: String { Timestamp.text(seconds) + "Z" }

    /// `2006-01-02T15:04:05.000000Z`.
    public var microDescription: String {
        let fraction = String(microseconds - seconds * 1_000_000)
        return Timestamp.text(seconds) + "." + String(repeating: "0", count: 6 - fraction.count) + fraction + "Z"
    }

    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }

    /// The first and the last moment that can be written: years 0 to 9999.
    public static let earliest = Timestamp(seconds: -62_167_219_200)
    public static let latest = Timestamp(seconds: 253_402_300_799)

    /// Moves by a number of seconds, not past ``earliest`` and ``latest``: fields such as `activeDeadlineSeconds` may be any Int64.
    public static func + (time: Timestamp, seconds: Double) -> Timestamp {
        let sum = Double(time.microseconds) + seconds * 1e6
        guard sum < Double(latest.microseconds) else { return latest }
        guard sum > Double(earliest.microseconds) else { return earliest }
        return Timestamp(microseconds: time.microseconds + Int64(seconds * 1e6))
    }

    /// Seconds from `earlier` to `later`.
    public static func - (later: Timestamp, earlier: Timestamp) -> Double {
        Double(later.microseconds - earlier.microseconds) / 1e6
    }

    // MARK: - Calendar (proleptic Gregorian; H. Hinnant, "chrono-Compatible Low-Level Date Algorithms")

    public static func daysSinceEpoch(year: Int, month: Int, day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146097 + dayOfEra - 719468
    }

    public static func civil(daysSinceEpoch: Int) -> (year: Int, month: Int, day: Int) {
        let days = daysSinceEpoch + 719468
        let era = (days >= 0 ? days : days - 146096) / 146097
        let dayOfEra = days - era * 146097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }

    public static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func text(_ seconds: Int64) -> String {
        let seconds = min(max(seconds, earliest.seconds), latest.seconds)
        let days = Int((seconds >= 0 ? seconds : seconds - 86399) / 86400)
        let rest = Int(seconds) - days * 86400
        let (year, month, day) = civil(daysSinceEpoch: days)
        return String(unsafeUninitializedCapacity: 19) { text in
            var place = 0
            func put(_ number: Int, _ width: Int, _ after: Unicode.Scalar?) {
                var rest = number
                for digit in stride(from: place + width - 1, through: place, by: -1) {
                    text[digit] = UInt8(ascii: "0") + UInt8(rest % 10)
                    rest /= 10
                }
                place += width
                guard let after else { return }
                text[place] = UInt8(ascii: after)
                place += 1
            }
            put(year, 4, "-")
            put(month, 2, "-")
            put(day, 2, "T")
            put(rest / 3600, 2, ":")
            put(rest / 60 % 60, 2, ":")
            put(rest % 60, 2, nil)
            return place
        }
    }
}
