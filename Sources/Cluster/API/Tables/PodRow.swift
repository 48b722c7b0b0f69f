import ClusterObjects

/// The row of a pod: from its containers' states one word for how it is.
enum PodRow {
    static func cells(_ pod: Tree, _ now: Timestamp) -> [Value] {
        let spec = pod["spec"] ?? Value.emptyObject.tree
        let status = pod["status"] ?? Value.emptyObject.tree
        var summary = Summary(spec: spec, status: status)
        summary.read()
        if pod["metadata"]?["deletionTimestamp"] != nil {
            if status["reason"]?.string == "NodeLost" {
                summary.reason = "Unknown"
            } else if !["Succeeded", "Failed"].contains(status.text("phase")) {
                summary.reason = "Terminating"
            }
        }
        var restarts = String(summary.restarts)
        if summary.restarts != 0, let last = summary.lastRestart {
            restarts += " (\(HumanDuration.text(seconds: HumanDuration.wholeSeconds(now - last))) ago)"
        }
        let address = status.elements("podIPs").first { _ in true }?["ip"]?.string ?? status.text("podIP", or: CellTexts.none)
        return [
            .string("\(summary.ready)/\(summary.total)"), .string(summary.reason), .string(restarts), TableRows.age(pod, now),
            .string(address), .string(spec.text("nodeName", or: CellTexts.none)),
            .string(status.text("nominatedNodeName", or: CellTexts.none)), .string(gates(spec, status)),
        ]
    }

    /// Why the row of a finished pod is greyed out.
    static func condition(_ pod: Tree) -> Value? {
        switch pod[path: "status", "phase"]?.string {
        case "Succeeded":
            ["type": "Completed", "status": "True", "reason": "Succeeded", "message": "The pod has completed successfully."]
        case "Failed": ["type": "Completed", "status": "True", "reason": "Failed", "message": "The pod failed."]
        default: nil
        }
    }

    private static func gates(_ spec: Tree, _ status: Tree) -> String {
        let gates = spec.elements("readinessGates").map { $0.text("conditionType") }
        if gates.isEmpty { return CellTexts.none }
        return "\(gates.filter(status.holds).count)/\(gates.count)"
    }

    /// What the container states come to.
    private struct Summary {
        let spec: Tree
        let status: Tree
        var reason = ""
        var ready = 0
        var total = 0
        var restarts = 0
        var lastRestart: Timestamp?

        mutating func read() {
            reason = status.text("reason", or: status.text("phase"))
            if status.condition("PodScheduled")?["reason"]?.string == "SchedulingGated" { reason = "SchedulingGated" }
            let initial = Array(spec.elements("initContainers"))
            let sidecars = Set(initial.filter { $0["restartPolicy"]?.string == "Always" }.map { $0.text("name") })
            total = spec.elements("containers").underestimatedCount + sidecars.count
            let (isInitializing, sidecarRestarts, lastSidecarRestart) = readInitial(initial.count, sidecars)
            guard !isInitializing || status.holds("Initialized") else { return }
            restarts = sidecarRestarts
            lastRestart = lastSidecarRestart
            readMain()
        }

        private mutating func count(_ container: Tree) {
            restarts += container.number("restartCount")
            lastRestart = Summary.later(lastRestart, container)
        }

        private static func later(_ time: Timestamp?, _ container: Tree) -> Timestamp? {
            guard let end = container[path: "lastState", "terminated", "finishedAt"]?.string.flatMap({ Timestamp($0) }) else {
                return time
            }
            return time.map { Swift.max($0, end) } ?? end
        }

        private mutating func readInitial(_ number: Int, _ sidecars: Set<String>) -> (Bool, Int, Timestamp?) {
            var sidecarRestarts = 0
            var lastSidecarRestart: Timestamp?
            for (index, container) in status.elements("initContainerStatuses").enumerated() {
                count(container)
                let isSidecar = sidecars.contains(container.text("name"))
                if isSidecar {
                    sidecarRestarts += container.number("restartCount")
                    lastSidecarRestart = Summary.later(lastSidecarRestart, container)
                }
                let terminated = container[path: "state", "terminated"]
                if let terminated, terminated.number("exitCode") == 0 { continue }
                if isSidecar, container["started"]?.bool == true {
                    if container["ready"]?.bool == true { ready += 1 }
                    continue
                }
                let waiting = container[path: "state", "waiting"]?.text("reason") ?? ""
                if let terminated {
                    reason = "Init:" + Summary.end(terminated)
                } else if !waiting.isEmpty, waiting != "PodInitializing" {
                    reason = "Init:" + waiting
                } else {
                    reason = "Init:\(index)/\(number)"
                }
                return (true, sidecarRestarts, lastSidecarRestart)
            }
            return (false, sidecarRestarts, lastSidecarRestart)
        }

        private mutating func readMain() {
            var hasRunning = false
            for container in Array(status.elements("containerStatuses")).reversed() {
                count(container)
                let waiting = container[path: "state", "waiting"]?.text("reason") ?? ""
                if !waiting.isEmpty {
                    reason = waiting
                } else if let terminated = container[path: "state", "terminated"] {
                    reason = Summary.end(terminated)
                } else if container["ready"]?.bool == true, container[path: "state", "running"] != nil {
                    hasRunning = true
                    ready += 1
                }
            }
            if reason == "Completed", hasRunning { reason = status.holds("Ready") ? "Running" : "NotReady" }
        }

        private static func end(_ terminated: Tree) -> String {
            let reason = terminated.text("reason")
            if !reason.isEmpty { return reason }
            let signal = terminated.number("signal")
            return signal != 0 ? "Signal:\(signal)" : "ExitCode:\(terminated.number("exitCode"))"
        }
    }
}
