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
        func ask(_ name: String, _ help: String, _ value: @escaping @Sendable (WorkQueue) -> Double) {
            metrics.ask(name, help) { queues.map { ([("name", $0.name)], value($0.queue)) } }
        }
        ask("workqueue_depth", "Keys that wait.") { Double($0.load.waiting) }
        ask("workqueue_unfinished_work_seconds", "Seconds of all work that is not done yet.") { queue in
            queue.load.running.reduce(0) { $0 + max(0, now() - $1) }
        }
        ask("workqueue_longest_running_processor_seconds", "Seconds that the longest work has taken so far.") { queue in
            queue.load.running.map { max(0, now() - $0) }.max() ?? 0
        }
    }
}
