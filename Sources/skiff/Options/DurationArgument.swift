import ArgumentParser

/// A length of time as Go programs take it: `300ms`, `8s`, `1m30s`, `2h`.
struct DurationArgument: ExpressibleByArgument, CustomStringConvertible {
    var seconds: Double

    init(seconds: Double) { self.seconds = seconds }

    init?(argument: String) {
        var rest = argument[...]
        var total = 0.0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let number = rest.prefix { $0.isNumber || $0 == "." }
            rest = rest.dropFirst(number.count)
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count)
            let scales = ["ms": 0.001, "s": 1, "m": 60, "h": 3600]
            guard let amount = Double(number), let scale = scales[String(unit)] else { return nil }
            total += amount * scale
        }
        // Longer than anything that is waited for.
        guard total <= 100 * 365 * 86400 else { return nil }
        seconds = total
    }

    var description: String { seconds == seconds.rounded() ? "\(Int(seconds))s" : "\(seconds)s" }
    var defaultValueDescription: String { description }
}
