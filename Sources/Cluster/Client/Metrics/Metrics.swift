import Synchronization

/// The numbers of one process, under the names that Kubernetes' components give theirs, as `/metrics` shows them.
///
/// Who counts gets its series once and keeps it: counting takes no look-up. Source of the format: Prometheus, "Text-based format".
public final class Metrics: Sendable {
    /// Labels in the order in which they are shown.
    public typealias Labels = [(name: String, value: String)]

    private enum Series: Sendable {
        case counter(Counter)
        case histogram(Histogram)
        case asked(@Sendable () -> [(labels: Labels, value: Double)])
    }

    private struct Family: Sendable {
        var type: String
        var help: String
        /// By labels as shown.
        var series: [String: Series] = [:]
    }

    private let families = Mutex<[String: Family]>([:])

    public init() {}

    /// A number that only grows. The same name and labels give the same series.
    public func counter(_ name: String, _ help: String, _ labels: Labels = []) -> Counter {
        let series = series(name, "counter", help, labels) { .counter(Counter()) }
        guard case .counter(let counter) = series else { preconditionFailure("\(name) is no counter") }
        return counter
    }

    /// A number that goes up and down.
    public func gauge(_ name: String, _ help: String, _ labels: Labels = []) -> Counter {
        let series = series(name, "gauge", help, labels) { .counter(Counter()) }
        guard case .counter(let counter) = series else { preconditionFailure("\(name) is no gauge") }
        return counter
    }

    /// How values spread over ranges.
    /// - Parameter bounds: the ranges' upper ends, ascending.
    public func histogram(_ name: String, _ help: String, bounds: [Double], _ labels: Labels = []) -> Histogram {
        let series = series(name, "histogram", help, labels) { .histogram(Histogram(bounds: bounds)) }
        guard case .histogram(let histogram) = series else { preconditionFailure("\(name) is no histogram") }
        return histogram
    }

    /// Series whose values are found out when somebody asks.
    /// - Parameter type: `gauge` or `counter`.
    public func ask(
        _ name: String, _ help: String, type: String = "gauge", _ values: @escaping @Sendable () -> [(labels: Labels, value: Double)]
    ) {
        _ = series(name, type, help, []) { .asked(values) }
    }

    private func series(_ name: String, _ type: String, _ help: String, _ labels: Labels, _ make: () -> Series) -> Series {
        let key = Metrics.text(labels)
        return families.withLock { families in
            if let known = families[name]?.series[key] { return known }
            let made = make()
            families[name, default: Family(type: type, help: help)].series[key] = made
            return made
        }
    }

    /// Everything, as Prometheus reads it. O(series · log).
    public var text: [UInt8] {
        var text = ""
        for (name, family) in families.withLock({ $0 }).sorted(by: { $0.key < $1.key }) {
            var lines: [String] = []
            for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
                switch series {
                case .counter(let counter): lines.append("\(name)\(Metrics.braced(labels)) \(counter.value)")
                case .histogram(let histogram): lines += histogram.lines(name, labels)
                case .asked(let values):
                    lines += values().map { "\(name)\(Metrics.braced(Metrics.text($0.labels))) \(Metrics.text($0.value))" }
                }
            }
            if lines.isEmpty { continue }
            text += "# HELP \(name) \(family.help)\n# TYPE \(name) \(family.type)\n"
            for line in lines { text += line + "\n" }
        }
        return Array(text.utf8)
    }

    static func braced(_ labels: String) -> String { labels.isEmpty ? "" : "{\(labels)}" }

    private static func text(_ labels: Labels) -> String {
        labels.map { name, value in
            let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
            return "\(name)=\"\(escaped)\""
        }.joined(separator: ",")
    }

    /// Whole numbers without a fraction.
    static func text(_ value: Double) -> String {
        if value == value.rounded(), abs(value) < 1e15 { return String(Int(value)) }
        return String(value)
    }
}

/// A number that many add to.
public final class Counter: Sendable {
    private let number = Atomic(0)

    public func add(_ amount: Int = 1) { number.wrappingAdd(amount, ordering: .relaxed) }
    public var value: Int { number.load(ordering: .relaxed) }
}
