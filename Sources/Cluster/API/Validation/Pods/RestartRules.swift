import ClusterObjects

/// How single containers restart, and how they are resized.
enum RestartRules {
    private static let policies = ["Always", "Never", "OnFailure"]

    /// A policy of a container's own, and what it does on which exit codes.
    static func policy(_ container: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let rules = container.list("restartPolicyRules")
        if !container.has("restartPolicy") {
            if rules.isEmpty { return }
            problems.append(.required(path / "restartPolicy", "must specify restartPolicy when restart rules are used"))
        }
        problems.oneOfIfSet(container, "restartPolicy", policies, path)
        let here = path / "restartPolicyRules"
        if rules.count > 20 { problems.append(.tooMany(here, rules.count, most: 20)) }
        for (index, rule) in rules.enumerated() {
            problems.word(rule, "action", ["Restart", "RestartAllContainers"], here.index(index))
            let codes = here.index(index) / "exitCodes"
            guard let exits = rule.part("exitCodes") else {
                problems.append(.required(codes, "must be specified"))
                continue
            }
            problems.word(exits, "operator", ["In", "NotIn"], codes)
            let count = exits.list("values").count
            if count > 255 { problems.append(.tooMany(codes / "values", count, most: 255)) }
        }
    }

    static func resizePolicy(_ container: Value, podPolicy: String, _ path: FieldPath, _ problems: inout [Problem]) {
        var seen: Set<String> = []
        for (index, policy) in container.list("resizePolicy").enumerated() {
            let (name, restart) = (policy.text("resourceName"), policy.text("restartPolicy"))
            if !seen.insert(name).inserted { problems.append(.duplicate(path.index(index), .string(name))) }
            for (word, words) in [(name, ["cpu", "memory"]), (restart, ["NotRequired", "RestartContainer"])] {
                if word.isEmpty {
                    problems.append(.required(path))
                } else if !words.contains(word) {
                    problems.append(.notSupported(path, .string(word), words))
                }
            }
            if podPolicy == "Never", restart != "NotRequired" {
                problems.append(
                    .invalid(path, .string(restart), "must be 'NotRequired' when pod `restartPolicy` is 'Never'"))
            }
        }
    }
}
