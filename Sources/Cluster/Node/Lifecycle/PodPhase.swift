import ClusterObjects

/// The phase of a pod by its containers (kubelet's getPhase).
enum PodPhase {
    /// Whether it has come to its end by itself: nothing will be started any more.
    static func isFinished(_ situation: PodSituation) -> Bool {
        let last = situation.lastStatus["phase"]?.string
        if last == "Succeeded" || last == "Failed" { return true }
        let phase = of(situation)
        return phase == "Succeeded" || phase == "Failed"
    }

    static func of(_ situation: PodSituation) -> String {
        let pod = situation.pod
        let last = situation.lastStatus["phase"]?.string
        if last == "Succeeded" || last == "Failed" { return last ?? "" }
        let states = pod.containers.map { situation[$0.name] }
        let isRunning = states.contains { $0.isRunning } || pod.initContainers.contains { situation[$0.name].isRunning }
        if situation.failure != nil { return isRunning ? (last ?? "Pending") : "Failed" }
        for container in pod.initContainers where !container.isSidecar {
            let state = situation[container.name]
            if states.contains(where: { $0.current != nil && !$0.isStale }) { break }
            guard let exit = state.current?.exit, !state.isStale else { return waitingPhase(situation, states) }
            if exit.code != 0 { return pod.restartPolicy == "Never" ? "Failed" : "Pending" }
        }
        let waiting = states.filter { $0.current == nil }.count
        if waiting > 0 || states.isEmpty { return ended(situation, states) ?? "Pending" }
        if states.contains(where: { $0.isRunning || $0.isStarting }) { return "Running" }
        // Stale ones are started again unless the pod is never restarted.
        if states.contains(where: { $0.isStale }), pod.restartPolicy != "Never", !pod.isBeingDeleted { return "Running" }
        let failed = states.contains { ($0.current?.exit?.code ?? 0) != 0 }
        let policies = pod.containers.map { $0["restartPolicy"]?.string ?? pod.restartPolicy }
        if pod.isBeingDeleted { return failed ? "Failed" : "Succeeded" }
        let restarts = zip(states, policies).contains { state, policy in
            policy == "Always" || (policy == "OnFailure" && (state.current?.exit?.code ?? 0) != 0)
        }
        if restarts { return "Running" }
        return failed ? "Failed" : "Succeeded"
    }

    /// Whether the container counts as started: its startup probe has succeeded, or it has none.
    static func isStarted(_ container: Tree, _ state: ContainerSituation) -> Bool {
        guard state.isRunning else { return false }
        return container["startupProbe"] == nil || state.probes.startup == true
    }

    static func isReady(_ container: Tree, _ state: ContainerSituation) -> Bool {
        isStarted(container, state) && (container["readinessProbe"] == nil || state.probes.readiness == true)
    }

    private static func waitingPhase(_ situation: PodSituation, _ states: [ContainerSituation]) -> String {
        ended(situation, states) ?? "Pending"
    }

    /// A pod that was deleted before it ever ran has failed once its sandbox is gone.
    private static func ended(_ situation: PodSituation, _ states: [ContainerSituation]) -> String? {
        guard situation.pod.isBeingDeleted, situation.sandbox == .absent, !states.contains(where: { $0.isRunning || $0.isStarting }) else {
            return nil
        }
        return "Failed"
    }
}
