import Synchronization

/// How often values fell into which range, and their sum.
public final class Histogram: Sendable {
    private struct State {
        /// One more than bounds: the last is for what is above all of them.
        var counts: [Int]
        var sum = 0.0
    }

    private let bounds: [Double]
    private let state: Mutex<State>

    init(bounds: [Double]) {
        self.bounds = bounds
        state = Mutex(State(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    /// O(bounds below the value): cheapest for the small ones, which are most.
    public func observe(_ value: Double) {
        var index = 0
        while index < bounds.count, value > bounds[index] { index += 1 }
        state.withLock { state in
            state.counts[index] += 1
            state.sum += value
        }
    }

    public func observe(_ duration: Duration) { observe(duration / .seconds(1)) }

    public var count: Int { state.withLock { $0.counts.reduce(0, +) } }

    func lines(_ name: String, _ labels: String) -> [String] {
        let (counts, sum) = state.withLock { ($0.counts, $0.sum) }
        let separator = labels.isEmpty ? "" : ","
        var total = 0
        var lines: [String] = []
        for (index, count) in counts.enumerated() {
            total += count
            let bound = index < bounds.count ? Metrics.text(bounds[index]) : "+Inf"
            lines.append("\(name)_bucket{\(labels)\(separator)le=\"\(bound)\"} \(total)")
        }
        lines.append("\(name)_sum\(Metrics.braced(labels)) \(Metrics.text(sum))")
        lines.append("\(name)_count\(Metrics.braced(labels)) \(total)")
        return lines
    }
}

extension [Double] {
    /// `count` bounds, each `factor` times the one before.
    public static func exponential(from first: Double, factor: Double, count: Int) -> [Double] {
        var bounds: [Double] = []
        var bound = first
        for _ in 0..<count {
            bounds.append(bound)
            bound *= factor
        }
        return bounds
    }
}
