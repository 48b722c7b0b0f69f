import ClusterObjects

/// What a Job's `podFailurePolicy` says of a failed pod: the first rule that matches decides.
struct PodFailureRules {
    enum Action: String { case ignore = "Ignore", failIndex = "FailIndex", failJob = "FailJob", count = "Count" }

    struct Match {
        var action: Action?
        /// Why the job fails, for `FailJob`.
        var message: String?
        /// Whether the failure counts towards back-off limits.
        var counts: Bool { action != .ignore }
    }

    var rules: [Tree]?

    func match(_ pod: Pod) -> Match {
        for (index, rule) in (rules ?? []).enumerated() {
            guard let name = rule["action"]?.string, let action = Action(rawValue: name) else { continue }
            if let requirement = rule["onExitCodes"], requirement.isObject {
                guard let (container, code) = exit(of: pod, requirement) else { continue }
                let message =
                    "Container \(container) for pod \(pod.namespace)/\(pod.name) failed with exit code \(code) "
                    + "matching \(name) rule at index \(index)"
                return Match(action: action, message: action == .failJob ? message : nil)
            }
            guard let type = condition(of: pod, rule) else { continue }
            let message = "Pod \(pod.namespace)/\(pod.name) has condition \(type) matching \(name) rule at index \(index)"
            return Match(action: action, message: action == .failJob ? message : nil)
        }
        return Match()
    }

    private func exit(of pod: Pod, _ requirement: Tree) -> (container: String, code: Int)? {
        let values = Set(requirement.elements("values").compactMap(\.int))
        let isIn = requirement["operator"]?.string == "In"
        let statuses = pod.containerStatuses + (pod.status.map { Array($0.elements("initContainerStatuses")) } ?? [])
        for status in statuses {
            guard let name = status["name"]?.string, let code = status["state"]?["terminated"]?["exitCode"]?.int, code != 0 else {
                continue
            }
            if let wanted = requirement["containerName"]?.string, wanted != name { continue }
            if values.contains(code) == isIn { return (name, code) }
        }
        return nil
    }

    private func condition(of pod: Pod, _ rule: Tree) -> String? {
        for pattern in rule.elements("onPodConditions") {
            let type = pattern["type"]?.string ?? ""
            if let found = pod.condition(type), found.status == pattern["status"]?.string ?? "True" { return type }
        }
        return nil
    }
}
