import ClusterClient
import ClusterObjects

/// What is counted of scheduling. Source: k8s.io/kubernetes/pkg/scheduler/metrics.
struct SchedulerMetrics: Sendable {
    enum Result: String, CaseIterable { case scheduled, unschedulable, error }

    private let attempts: [Result: Counter]
    private let durations: [Result: Histogram]
    private let pending: [String: Counter]
    private let preemptions: Counter
    private let victims: Histogram

    init(_ metrics: Metrics) {
        func each<Made>(_ make: (Metrics.Labels) -> Made) -> [Result: Made] {
            Dictionary(
                uniqueKeysWithValues: Result.allCases.map { ($0, make([("profile", "default-scheduler"), ("result", $0.rawValue)])) })
        }
        attempts = each { metrics.counter("scheduler_schedule_attempts_total", "Attempts to give a pod a node, by how they ended.", $0) }
        durations = each {
            metrics.histogram(
                "scheduler_scheduling_attempt_duration_seconds", "Seconds from the decision to the end of an attempt, binding included.",
                bounds: .exponential(from: 0.001, factor: 2, count: 15), $0)
        }
        pending = Dictionary(
            uniqueKeysWithValues: ["active", "backoff", "unschedulable"].map {
                ($0, metrics.gauge("scheduler_pending_pods", "Pods without a node, by what they wait for.", [("queue", $0)]))
            })
        preemptions = metrics.counter("scheduler_preemption_attempts_total", "Times that pods were to make room for others.")
        victims = metrics.histogram(
            "scheduler_preemption_victims", "Pods that made room, each time.", bounds: .exponential(from: 1, factor: 2, count: 7))
    }

    func ended(_ result: Result, after seconds: Double) {
        attempts[result]?.add()
        durations[result]?.observe(seconds)
    }

    func preempted(_ count: Int) {
        preemptions.add()
        victims.observe(Double(count))
    }

    func waiting(_ counts: SchedulingQueue.Waiting) {
        for (queue, count) in [("active", counts.active), ("backoff", counts.backingOff), ("unschedulable", counts.parked)] {
            guard let gauge = pending[queue] else { continue }
            gauge.add(count - gauge.value)
        }
    }
}
