import ClusterObjects

/// Writes a pod's status as a kubelet does.
struct PodStatus {
    let situation: PodSituation
    let now: Timestamp

    private var pod: Pod { situation.pod }

    /// The fields of `status` that belong to the node agent; conditions of others are not in it.
    var value: Value {
        let phase = PodPhase.of(situation)
        var status: Value = [
            "phase": Value(phase),
            "conditions": .array(conditions(phase)),
            "containerStatuses": .array(pod.containers.map { containerStatus($0, isInit: false) }),
            "hostIP": Value(situation.nodeAddress),
            "hostIPs": [["ip": Value(situation.nodeAddress)]],
            "startTime": Value(situation.startTime.description),
            "observedGeneration": Value(pod.generation),
        ]
        if !pod.initContainers.isEmpty {
            status["initContainerStatuses"] = .array(pod.initContainers.map { containerStatus($0, isInit: true) })
        }
        if !pod.ephemeralContainers.isEmpty {
            status["ephemeralContainerStatuses"] = .array(pod.ephemeralContainers.map(ephemeralStatus))
        }
        if let address {
            status["podIP"] = Value(address)
            status["podIPs"] = [["ip": Value(address)]]
        }
        if let qos = pod.status?["qosClass"]?.string { status["qosClass"] = Value(qos) }
        if let failure = situation.failure {
            status["reason"] = Value(failure.reason)
            status["message"] = Value(failure.message)
        }
        return status
    }

    /// A pod keeps the address it had after its sandbox is gone.
    private var address: String? {
        if case .ready(let address) = situation.sandbox { return address ?? situation.nodeGateway }
        return situation.lastStatus["podIP"]?.string.flatMap { $0.isEmpty ? nil : $0 }
    }

    // MARK: - Conditions

    private func conditions(_ phase: String) -> [Value] {
        var result: [Value] = []
        let hasSandbox = if case .ready = situation.sandbox { true } else { false }
        result.append(condition("PodReadyToStartContainers", hasSandbox))
        let begun = pod.containers.contains { situation[$0.name].current != nil && !situation[$0.name].isStale }
        let incomplete = pod.initContainers.filter { container in
            let state = situation[container.name]
            if container.isSidecar { return !(PodPhase.isStarted(container, state) || begun) }
            // With the sandbox of a pod that goes on, what its init containers did is gone too.
            return !(begun || (state.current?.exit?.code == 0 && (!state.isStale || phase == "Failed")))
        }.map(\.name)
        if phase == "Succeeded" {
            result.append(condition("Initialized", true, "PodCompleted"))
            result.append(condition("Ready", false, "PodCompleted"))
            result.append(condition("ContainersReady", false, "PodCompleted"))
        } else {
            result.append(
                incomplete.isEmpty
                    ? condition("Initialized", true)
                    : condition(
                        "Initialized", false, "ContainersNotInitialized",
                        "containers with incomplete status: [\(incomplete.joined(separator: " "))]"))
            let (ready, containersReady) = readiness(phase)
            result.append(ready)
            result.append(containersReady)
        }
        result.append(condition("PodScheduled", true))
        return result
    }

    private func readiness(_ phase: String) -> (ready: Value, containers: Value) {
        if phase == "Failed" { return (condition("Ready", false, "PodFailed"), condition("ContainersReady", false, "PodFailed")) }
        let serving = pod.containers + pod.initContainers.filter(\.isSidecar)
        let unready = serving.filter { !PodPhase.isReady($0, situation[$0.name]) }.map(\.name)
        guard unready.isEmpty else {
            let message = "containers with unready status: [\(unready.joined(separator: " "))]"
            return (
                condition("Ready", false, "ContainersNotReady", message),
                condition("ContainersReady", false, "ContainersNotReady", message)
            )
        }
        let gates = (pod.spec?["readinessGates"].map { Array($0.elements) } ?? []).compactMap { $0["conditionType"]?.string }
        let shut = gates.compactMap { gate -> String? in
            guard let found = pod.condition(gate) else {
                return "corresponding condition of pod readiness gate \"\(gate)\" does not exist."
            }
            return found.isTrue ? nil : "the status of pod readiness gate \"\(gate)\" is not \"True\", but \(found.status)"
        }
        let ready =
            shut.isEmpty
            ? condition("Ready", true) : condition("Ready", false, "ReadinessGatesNotReady", shut.joined(separator: ", "))
        return (ready, condition("ContainersReady", true))
    }

    private func condition(_ type: String, _ holds: Bool, _ reason: String? = nil, _ message: String? = nil) -> Value {
        let status = holds ? "True" : "False"
        let before = situation.lastStatus["conditions"]?.array?.first { $0["type"]?.string == type }
        let since = before?["status"]?.string == status ? before?["lastTransitionTime"]?.string : nil
        var result: Value = [
            "type": Value(type), "status": Value(status), "lastProbeTime": .null,
            "lastTransitionTime": Value(since ?? now.description), "observedGeneration": Value(pod.generation),
        ]
        if let reason { result["reason"] = Value(reason) }
        if let message { result["message"] = Value(message) }
        return result
    }

    // MARK: - Containers

    private func containerStatus(_ container: Tree, isInit: Bool) -> Value {
        let state = situation[container.name]
        let isReady: Bool =
            if isInit, !container.isSidecar {
                state.current?.exit?.code == 0
            } else {
                PodPhase.isReady(container, state)
            }
        let image = container["image"]?.string ?? ""
        var status: Value = [
            "name": Value(container.name),
            "image": Value(image),
            "imageID": Value(state.current == nil ? "" : image),
            "ready": .bool(isReady),
            "started": .bool(PodPhase.isStarted(container, state)),
            "restartCount": Value(state.restartCount),
            "state": current(container, state, isInit: isInit),
            "lastState": .emptyObject,
        ]
        if let run = state.current { status["containerID"] = Value(containerID(container.name, run)) }
        let shown = status["state"]?["waiting"] == nil ? state.previous : state.current ?? state.previous
        if let shown, shown.exit != nil { status["lastState"] = terminated(container.name, shown) }
        return status
    }

    /// Nothing asks whether these are ready or have started.
    private func ephemeralStatus(_ container: Tree) -> Value {
        var status = containerStatus(container, isInit: false)
        status["ready"] = .bool(false)
        status["started"] = nil
        return status
    }

    private func current(_ container: Tree, _ state: ContainerSituation, isInit: Bool) -> Value {
        if state.isRunning, let run = state.current { return ["running": ["startedAt": Value(run.startedAt.description)]] }
        if let refusal = state.refusal {
            return ["waiting": ["reason": Value(refusal.reason), "message": Value(refusal.message)]]
        }
        guard let run = state.current, run.exit != nil else {
            let blocked =
                !isInit && !pod.initContainers.isEmpty
                && !pod.initContainers.allSatisfy {
                    situation[$0.name].current?.exit?.code == 0 || $0.isSidecar && situation[$0.name].isRunning
                }
            return ["waiting": ["reason": Value(blocked ? "PodInitializing" : "ContainerCreating")]]
        }
        if let backoff = state.backoff, isBackingOff(container, isInit: isInit) {
            let message =
                "back-off \(Backoff.text(backoff.delay)) restarting failed container=\(container.name) "
                + "pod=\(pod.name)_\(pod.namespace)(\(pod.uid))"
            return ["waiting": ["reason": "CrashLoopBackOff", "message": Value(message)]]
        }
        return terminated(container.name, run)
    }

    /// Whether a container has ended, will be started again, and waits for that.
    func isBackingOff(_ container: Tree, isInit: Bool) -> Bool {
        let state = situation[container.name]
        guard let backoff = state.backoff, let exit = state.current?.exit, !state.isStale, !state.isStarting, !pod.isBeingDeleted,
            situation.failure == nil
        else { return false }
        return restarts(container, exit.code, isInit: isInit) && now < Backoff.startAt(backoff, end: exit.finishedAt, at: now)
    }

    private func restarts(_ container: Tree, _ code: Int, isInit: Bool) -> Bool {
        switch container["restartPolicy"]?.string ?? pod.restartPolicy {
        case "Always": !isInit || container.isSidecar || code != 0
        case "OnFailure": code != 0
        default: false
        }
    }

    private func terminated(_ name: String, _ run: ContainerRun) -> Value {
        guard let exit = run.exit else { return .emptyObject }
        var state: Value = [
            "exitCode": Value(exit.code),
            "reason": Value(exit.reason ?? (exit.code == 0 ? "Completed" : "Error")),
            "startedAt": Value(run.startedAt.description),
            "finishedAt": Value(exit.finishedAt.description),
            "containerID": Value(containerID(name, run)),
        ]
        if let message = exit.message, !message.isEmpty { state["message"] = Value(message) }
        return ["terminated": state]
    }

    private func containerID(_ name: String, _ run: ContainerRun) -> String { "process://\(pod.uid)-\(name)-\(run.attempt)" }
}
