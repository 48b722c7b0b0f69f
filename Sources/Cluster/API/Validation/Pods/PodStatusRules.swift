import ClusterObjects

/// What a written pod status must be. Source: pkg/apis/core/validation, ValidatePodStatusUpdate.
enum PodStatusRules {
    private static let path = FieldPath("status")

    static func validate(_ new: Value, _ old: Value) -> [Problem] {
        var problems = PodRules.annotationChanges(new, old)
        let (status, before) = (new["status"] ?? .emptyObject, old["status"] ?? .emptyObject)
        for (index, condition) in status.list("conditions").enumerated() {
            let type = condition.text("type")
            if ["PodScheduled", "Ready", "Initialized"].contains(type) { continue }
            problems.qualifiedName(type, (FieldPath("metadata") / "conditions").index(index) / "Type")
        }
        if new[path: "spec", "nodeName"] != old[path: "spec", "nodeName"] {
            problems.append(.forbidden(path / "nodeName", "may not be changed directly"))
        }
        let nominated = status.text("nominatedNodeName")
        if !nominated.isEmpty, nominated != before.text("nominatedNodeName") {
            problems.subdomain(nominated, path / "nominatedNodeName")
            if !(new["spec"]?.text("nodeName") ?? "").isEmpty {
                problems.append(.forbidden(path / "nominatedNodeName", "may not be set once the pod is bound to a node"))
            }
        }
        let policy = old[path: "spec", "restartPolicy"]?.string ?? ""
        let restartable = Set(
            (old["spec"]?.list("initContainers") ?? []).filter { $0.text("restartPolicy") == "Always" }.map { $0.text("name") })
        transitions(status, before, "containerStatuses", policy, [], &problems)
        transitions(status, before, "initContainerStatuses", policy, restartable, &problems)
        transitions(status, before, "ephemeralContainerStatuses", "Never", [], &problems)
        addresses(status, "podIPs", &problems)
        let hosts = status.list("hostIPs")
        if let first = hosts.first, first.text("ip") != status.text("hostIP") {
            problems.append(
                .invalid((path / "hostIPs").index(0) / "ip", .string(first.text("ip")), "must be equal to `hostIP`"))
        }
        addresses(status, "hostIPs", &problems)
        return problems
    }

    /// What has ended for good stays ended.
    private static func transitions(
        _ status: Value, _ before: Value, _ list: String, _ policy: String, _ restartable: Set<String>,
        _ problems: inout [Problem]
    ) {
        if policy == "Always" { return }
        for (index, container) in before.list(list).enumerated() {
            guard let ended = container[path: "state", "terminated"], !ended.isNull else { continue }
            if ended.number("exitCode") != 0, policy == "OnFailure" { continue }
            if restartable.contains(container.text("name")) { continue }
            for other in status.list(list)
            where other.text("name") == container.text("name") && !(other["state"]?.has("terminated") ?? false) {
                problems.append(
                    .forbidden(
                        (path / list).index(index) / "state", "may not be transitioned to non-terminated state"))
            }
        }
    }

    private static func addresses(_ status: Value, _ list: String, _ problems: inout [Problem]) {
        let texts = status.list(list).map { $0.text("ip") }
        for (index, text) in texts.enumerated() { problems.ip(text, (path / list).index(index)) }
        guard texts.count > 1 else { return }
        let families = Set(texts.compactMap { IPAddress($0)?.isIPv4 })
        if texts.count > 2 || families.count != 2 {
            problems.append(
                .invalid(path / list, status[list] ?? .null, "may specify no more than one IP for each IP family"))
        }
        var seen: Set<String> = []
        for (index, text) in texts.enumerated() where !seen.insert(text).inserted {
            problems.append(.duplicate((path / list).index(index), status.list(list)[index]))
        }
    }
}
