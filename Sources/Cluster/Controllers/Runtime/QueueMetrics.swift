import ClusterClient
import ClusterObjects

/// What is counted of one work queue. Source: k8s.io/component-base/metrics/prometheus/workqueue.
struct QueueMetrics: Sendable {
    let adds: Counter
    let retries: Counter
    let waited: Histogram
    let worked: Histogram

    private static let bounds = [Double].exponential(from: 1e-8, factor: 10, count: 10)

    /// - Parameter name: of the controller.
    init(_ metrics: Metrics, name: String) {
        let labels: Metrics.Labels = [("name", name)]
        adds = metrics.counter("workqueue_adds_total", "Keys that were queued.", labels)
        retries = metrics.counter("workqueue_retries_total", "Keys that were queued again because their work failed.", labels)
        waited = metrics.histogram(
            "workqueue_queue_duration_seconds", "Seconds that keys waited.", bounds: QueueMetrics.bounds, labels)
        worked = metrics.histogram(
            "workqueue_work_duration_seconds", "Seconds that work on a key took.", bounds: QueueMetrics.bounds, labels)
    }

    /// Registers what is found out only when somebody asks.
    /// - Parameter queues: by the names of their controllers.
    static func register(_ queues: [(name: String, queue: WorkQueue)], in metrics: Metrics, now: @escaping @Sendable () -> Timestamp) {
        // Some controllers share a name, as the parts of one do.
        let byName = Dictionary(grouping: queues) { $0.name }.mapValues { $0.map(\.queue) }.sorted { $0.key < $1.key }
        func ask(_ name: String, _ help: String, _ value: @escaping @Sendable ([WorkQueue]) -> Double) {
            metrics.ask(name, help) { byName.map { ([("name", $0.key)], value($0.value)) } }
        }
        @Sendable func ages(_ queues: [WorkQueue]) -> [Double] { queues.flatMap(\.load.running).map { max(0, now() - $0) } }
        ask("workqueue_depth", "Keys that wait.") { Double($0.reduce(0) { $0 + $1.load.waiting }) }
        ask("workqueue_unfinished_work_seconds", "Seconds of all work that is not done yet.") { ages($0).reduce(0, +) }
        ask("workqueue_longest_running_processor_seconds", "Seconds that the longest work has taken so far.") { ages($0).max() ?? 0 }
    }
}
