import ClusterObjects

/// Which containers that have ended may run again: what has ended for good stays ended.
struct ContainerTransitions {
    /// The spec of the pod whose status is written.
    let spec: Value
    let path: FieldPath

    func validate(_ status: Value, _ before: Value, _ problems: inout [Problem]) {
        for (list, containers) in [("containerStatuses", "containers"), ("initContainerStatuses", "initContainers")]
        where !restartsAll {
            check(status, before, list, &problems) { name, code in
                spec.list(containers).first { $0.text("name") == name }.map { restarts($0, code: code) } ?? false
            }
        }
        check(status, before, "ephemeralContainerStatuses", &problems) { _, _ in false }
    }

    private func check(
        _ status: Value, _ before: Value, _ list: String, _ problems: inout [Problem], mayRestart: (String, Int) -> Bool
    ) {
        for (index, container) in before.list(list).enumerated() {
            guard let ended = container["state"]?.part("terminated") else { continue }
            let name = container.text("name")
            guard let now = status.list(list).first(where: { $0.text("name") == name && !($0["state"]?.has("terminated") ?? false) }),
                !mayRestart(now.text("name"), ended.number("exitCode"))
            else { continue }
            problems.append(.forbidden((path / list).index(index) / "state", "may not be transitioned to non-terminated state"))
        }
    }

    /// Whether some container's end may start all of them again.
    private var restartsAll: Bool {
        (spec.list("containers") + spec.list("initContainers")).contains { container in
            container.list("restartPolicyRules").contains { $0.text("action") == "RestartAllContainers" }
        }
    }

    private func restarts(_ container: Value, code: Int) -> Bool {
        guard let own = container["restartPolicy"]?.string else { return restarts(spec.text("restartPolicy"), code: code) }
        return container.list("restartPolicyRules").contains { matches($0, code: code) } || restarts(own, code: code)
    }

    private func matches(_ rule: Value, code: Int) -> Bool {
        guard let exits = rule.part("exitCodes") else { return false }
        let isNamed = exits.list("values").contains { $0.int == code }
        switch exits.text("operator") {
        case "In": return isNamed
        case "NotIn": return !isNamed
        default: return false
        }
    }

    private func restarts(_ policy: String, code: Int) -> Bool {
        switch policy {
        case "Never": false
        case "OnFailure": code != 0
        default: true
        }
    }
}
