import ClusterObjects

/// Lengths of time as `kubectl get` shows them: two units while they matter. Source: k8s.io/apimachinery/pkg/util/duration.
enum HumanDuration {
    static func text(seconds: Int) -> String {
        if seconds < -1 { return "<invalid>" }
        if seconds < 120 { return "\(max(seconds, 0))s" }
        let minutes = seconds / 60
        if minutes < 10 { return joined(minutes, "m", seconds % 60, "s") }
        if minutes < 180 { return "\(minutes)m" }
        let hours = minutes / 60
        if hours < 8 { return joined(hours, "h", minutes % 60, "m") }
        if hours < 48 { return "\(hours)h" }
        let days = hours / 24
        if hours < 192 { return joined(days, "d", hours % 24, "h") }
        if days < 730 { return "\(days)d" }
        let years = days / 365
        if days < 2920 { return joined(years, "y", days % 365, "d") }
        return "\(years)y"
    }

    /// From a moment until now; `<unknown>` when there is none.
    static func age(_ moment: Tree?, now: Timestamp) -> String {
        guard let time = moment?.string.flatMap({ Timestamp($0) }) else { return "<unknown>" }
        return text(seconds: wholeSeconds(now - time))
    }

    static func wholeSeconds(_ interval: Double) -> Int { Int(exactly: interval.rounded(.down)) ?? 0 }

    private static func joined(_ large: Int, _ unit: String, _ small: Int, _ smallUnit: String) -> String {
        small == 0 ? "\(large)\(unit)" : "\(large)\(unit)\(small)\(smallUnit)"
    }
}
