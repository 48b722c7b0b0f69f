import ClusterObjects

/// What is to be done about a pod next.
enum PodAction: Sendable, Hashable {
    case makeSandbox
    case start(String)
    /// preStop, then SIGTERM; SIGKILL is an action of its own when its time has come.
    case stop(String, graceEnd: Timestamp, why: String)
    case kill(String)
    /// Nothing runs in it any more.
    case endSandbox
    /// All is stopped and the status says so: the API may forget it.
    case forget
}

/// Decides what a pod needs, as kubelet does: init containers in order, sidecars, restarts with back-off, probes, deadlines,
/// deletion. Pure: the same situation and time give the same answer.
struct PodDecision: Sendable {
    var actions: [PodAction] = []
    /// When to look again though nothing has happened.
    var wakeAt: Timestamp?
    /// Set when the pod's time is over.
    var failure: PodSituation.Failure?

    private let situation: PodSituation
    private let now: Timestamp

    init(_ situation: PodSituation, at now: Timestamp) {
        self.situation = situation
        self.now = now
        decide()
    }

    private mutating func decide() {
        let pod = situation.pod
        if pod.isBeingDeleted || situation.failure != nil || PodPhase.isFinished(situation) {
            return wind(down: pod)
        }
        if let limit = pod.spec?["activeDeadlineSeconds"]?.int {
            let end = situation.startTime + Double(clamping: limit)
            if now >= end {
                failure = .init(reason: "DeadlineExceeded", message: "Pod was active on the node longer than the specified deadline")
                return wind(down: pod)
            }
            wake(end)
        }
        switch situation.sandbox {
        case .absent: actions.append(.makeSandbox)
        case .starting: break
        case .failed(let retry): if now >= retry { actions.append(.makeSandbox) } else { wake(retry) }
        case .ready:
            debug(pod)
            run(pod)
        }
        keepKilling()
    }

    // MARK: - Running

    private mutating func run(_ pod: Pod) {
        let begun = pod.containers.contains { container in
            let state = situation[container.name]
            return state.current != nil && !state.isStale
        }
        for container in pod.initContainers {
            let state = situation[container.name]
            if container.isSidecar {
                care(for: container, restarts: true)
                let started = state.isRunning && PodPhase.isStarted(container, state)
                if !started, !begun { return }
            } else if !begun {
                guard let exit = state.current?.exit, exit.code == 0, !state.isStale else {
                    care(for: container, restarts: pod.restartPolicy != "Never")
                    return
                }
            }
        }
        for container in pod.containers {
            let policy = container["restartPolicy"]?.string ?? pod.restartPolicy
            let code = situation[container.name].current?.exit?.code ?? 0
            care(for: container, restarts: policy == "Always" || (policy == "OnFailure" && code != 0))
        }
    }

    /// Ephemeral containers run once, whatever the others do, and are never started again.
    private mutating func debug(_ pod: Pod) {
        for container in pod.ephemeralContainers where situation[container.name].current == nil { care(for: container, restarts: false) }
    }

    /// One container that should run or have run.
    private mutating func care(for container: Tree, restarts: Bool) {
        let name = container.name
        let state = situation[name]
        if state.isStarting { return }
        if state.isRunning {
            let failed = state.probes.liveness == false || state.probes.startup == false
            if failed, state.stop == nil {
                let which = state.probes.startup == false ? "startup" : "liveness"
                let probe = container["\(which)Probe"]
                let grace = probe?["terminationGracePeriodSeconds"]?.int ?? situation.pod.terminationGracePeriodSeconds
                stop(name, graceEnd: now + Double(clamping: grace), why: "Container \(name) failed \(which) probe, will be restarted")
            }
            return
        }
        if let refusal = state.refusal {
            if now < refusal.retryAt { return wake(refusal.retryAt) }
            actions.append(.start(name))
            return
        }
        guard let run = state.current, let exit = run.exit else {
            actions.append(.start(name))
            return
        }
        guard restarts || (state.isStale && situation.pod.restartPolicy != "Never") else { return }
        let start = state.isStale ? now : Backoff.startAt(state.backoff, end: exit.finishedAt, at: now)
        if now >= start { actions.append(.start(name)) } else { wake(start) }
    }

    // MARK: - Ending

    private mutating func wind(down pod: Pod) {
        let grace = pod.object.deletionGracePeriodSeconds ?? pod.terminationGracePeriodSeconds
        // A deletion says when it was to be over; without one the time counts from now.
        let graceEnd = now + Double(clamping: max(grace, 0))
        let mains = (pod.containers + pod.ephemeralContainers).map(\.name)
        let inits = pod.initContainers.filter { !$0.isSidecar }.map(\.name)
        var live = (mains + inits).filter { situation[$0].isRunning || situation[$0].isStarting }
        if live.isEmpty {
            // Sidecars go after what they serve, the last that started first.
            live =
                pod.initContainers.filter(\.isSidecar).map(\.name).reversed()
                .first { situation[$0].isRunning || situation[$0].isStarting }.map { [$0] } ?? []
        }
        for name in live where situation[name].isRunning {
            if let stop = situation[name].stop {
                if pod.isBeingDeleted, grace == 0, !stop.isKilled, graceEnd < stop.killAt { actions.append(.kill(name)) }
            } else {
                self.stop(name, graceEnd: graceEnd, why: "Stopping container \(name)")
            }
        }
        keepKilling()
        guard live.isEmpty else { return }
        switch situation.sandbox {
        case .ready, .starting: actions.append(.endSandbox)
        case .absent, .failed: if pod.isBeingDeleted { actions.append(.forget) }
        }
    }

    private mutating func stop(_ name: String, graceEnd: Timestamp, why: String) {
        actions.append(.stop(name, graceEnd: graceEnd, why: why))
        wake(ContainerSituation.Stop(graceEnd: graceEnd).killAt)
    }

    private mutating func keepKilling() {
        for (name, state) in situation.containers.sorted(by: { $0.key < $1.key }) {
            guard let stop = state.stop, !stop.isKilled, state.isRunning, !actions.contains(.kill(name)) else { continue }
            if now >= stop.killAt { actions.append(.kill(name)) } else { wake(stop.killAt) }
        }
    }

    private mutating func wake(_ time: Timestamp) { wakeAt = min(wakeAt ?? time, time) }
}

extension Double {
    /// A number from outside, kept so small that times stay times (a hundred years).
    init(clamping seconds: Int) { self = Double(min(max(seconds, -3_155_760_000), 3_155_760_000)) }
}

extension Tree {
    /// Of a container, volume or port.
    var name: String { self["name"]?.string ?? "" }
    var isSidecar: Bool { self["restartPolicy"]?.string == "Always" }
}
