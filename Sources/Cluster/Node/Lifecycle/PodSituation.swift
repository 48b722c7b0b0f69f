import ClusterObjects

/// All that a decision about a pod rests on: what the API asks for and what the agent has seen. A value; nothing in it acts.
struct PodSituation: Sendable {
    enum Sandbox: Sendable, Hashable {
        /// None yet, or none any more.
        case absent
        case starting
        /// It could not be made; it is tried again at that time.
        case failed(retryAt: Timestamp)
        /// The address is nil for a pod on the node's network.
        case ready(address: String?)
    }

    var pod: Pod
    var sandbox = Sandbox.absent
    /// By name, init containers too.
    var containers: [String: ContainerSituation] = [:]
    /// When the agent first took it up; goes to `status.startTime`.
    var startTime: Timestamp
    /// Why it was ended by the node: becomes the status's reason and message.
    var failure: Failure?
    /// The status that was written last, or found: conditions keep their times by it.
    var lastStatus: Value
    var nodeAddress = ""
    var nodeGateway = ""

    struct Failure: Sendable, Hashable {
        var reason: String
        var message: String
    }

    subscript(_ name: String) -> ContainerSituation { containers[name] ?? ContainerSituation() }

    /// The wall clock was set by so many seconds: what lies ahead moves with it, and comes when it would have come.
    mutating func clockWasSet(by seconds: Double) {
        if case .failed(let time) = sandbox { sandbox = .failed(retryAt: time + seconds) }
        for name in containers.keys {
            if let time = containers[name]?.refusal?.retryAt { containers[name]?.refusal?.retryAt = time + seconds }
            if let time = containers[name]?.backoff?.updated { containers[name]?.backoff?.updated = time + seconds }
            guard let stop = containers[name]?.stop else { continue }
            containers[name]?.stop?.graceEnd = stop.graceEnd + seconds
            containers[name]?.stop?.signalledAt = stop.signalledAt.map { $0 + seconds }
        }
    }
}

/// What is known of one container.
struct ContainerSituation: Sendable, Hashable {
    /// The newest run; nil before the first.
    var current: ContainerRun?
    /// The one before, for `lastState`.
    var previous: ContainerRun?
    /// The newest run was in a sandbox that is gone: by a reboot, or because the shim was killed.
    var isStale = false
    /// A start was asked for and has not been answered.
    var isStarting = false
    /// It could not be started; tried again at that time.
    var refusal: Refusal?
    var backoff: Backoff?
    var probes = ProbeVerdicts()
    var stop: Stop?

    struct Refusal: Sendable, Hashable {
        var reason: String
        var message: String
        var retryAt: Timestamp
        /// How long the wait was, so that the next is longer.
        var delay: Double
    }

    struct Stop: Sendable, Hashable {
        /// What a program has to end in at least, as kubelet has it.
        static let shortest = 2.0

        /// When its grace period is over.
        var graceEnd: Timestamp
        /// When its stop signal was sent; nil while its preStop hook runs, which may take all of the grace period.
        var signalledAt: Timestamp?
        var isKilled = false

        /// When SIGKILL follows.
        var killAt: Timestamp { max(graceEnd, (signalledAt ?? graceEnd) + Stop.shortest) }
    }

    var isRunning: Bool { current != nil && current?.exit == nil && !isStale }
    var restartCount: Int { current?.attempt ?? 0 }
}

/// What probes say of the running container.
struct ProbeVerdicts: Sendable, Hashable {
    /// Nil while there is no verdict.
    var startup: Bool?
    var readiness: Bool?
    var liveness: Bool?
}

/// How long a container that keeps ending waits for its next start (k8s.io/client-go/util/flowcontrol, Backoff).
struct Backoff: Sendable, Hashable {
    static let first = 10.0
    static let longest = 300.0

    var delay: Double
    var updated: Timestamp

    /// When a container that ended at `end` may start: at once the first time, then 10 s, 20 s, … after its end. One that ended in the
    /// future did so by a clock that was set back since: nobody knows how long ago that is.
    static func startAt(_ backoff: Backoff?, end: Timestamp, at now: Timestamp) -> Timestamp {
        guard let backoff, !backoff.isForgotten(end), end - now < first else { return min(end, now) }
        return end + backoff.delay
    }

    /// The back-off once it was started again.
    static func next(_ backoff: Backoff?, end: Timestamp, at now: Timestamp) -> Backoff {
        guard let backoff, !backoff.isForgotten(end) else { return Backoff(delay: first, updated: now) }
        return Backoff(delay: min(backoff.delay * 2, longest), updated: now)
    }

    /// A container that ran well for ten minutes starts anew.
    private func isForgotten(_ end: Timestamp) -> Bool { end - updated > 2 * Backoff.longest }

    /// As Go writes a duration of whole seconds: `10s`, `1m20s`.
    static func text(_ seconds: Double) -> String {
        let whole = Int(seconds)
        return whole < 60 ? "\(whole)s" : "\(whole / 60)m\(whole % 60)s"
    }
}
