import ClusterObjects

/// What StatefulSets must be. Source: pkg/apis/apps/validation.
enum StatefulSetRules {
    private static let path = FieldPath("spec")
    private static let changeable = [
        "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit", "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    ]

    @Sendable static func validate(_ new: Value) -> [Problem] {
        let spec = new["spec"] ?? .emptyObject
        var problems: [Problem] = []
        let policy = spec.text("podManagementPolicy")
        if policy.isEmpty {
            problems.append(.required(path / "podManagementPolicy"))
        } else if policy != "OrderedReady", policy != "Parallel" {
            problems.append(
                .invalid(path / "podManagementPolicy", .string(policy), "must be 'OrderedReady' or 'Parallel'"))
        }
        strategy(spec["updateStrategy"] ?? .emptyObject, path / "updateStrategy", &problems)
        let retention = spec["persistentVolumeClaimRetentionPolicy"] ?? .emptyObject
        for key in ["whenDeleted", "whenScaled"] where retention.has(key) {
            problems.oneOf(retention, key, inOrder: ["Retain", "Delete"], path / "persistentVolumeClaimRetentionPolicy")
        }
        for key in ["replicas", "minReadySeconds", "revisionHistoryLimit"] { problems.nonnegative(spec, key, path) }
        if let ordinals = spec.part("ordinals") { problems.nonnegative(ordinals, "start", path / "ordinals") }
        claims(spec, &problems)
        selector(spec, &problems)
        return problems
    }

    private static func strategy(_ strategy: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let shown = GoStruct.text(strategy, "StatefulSetStrategy")
        switch strategy.text("type") {
        case "": problems.append(.required(path))
        case "OnDelete":
            if let rolling = strategy.part("rollingUpdate") {
                problems.append(
                    .invalid(
                        path / "rollingUpdate", shown: GoStruct.text(rolling, "StatefulSetRollingUpdate"),
                        "only allowed for updateStrategy 'RollingUpdate'"))
            }
        case "RollingUpdate":
            guard let rolling = strategy.part("rollingUpdate") else { return }
            problems.nonnegative(rolling, "partition", path / "rollingUpdate")
            guard let most = rolling.part("maxUnavailable") else { return }
            let here = path / "rollingUpdate" / "maxUnavailable"
            Counts.check(most, here, &problems)
            if Counts.isZero(most) { problems.append(.invalid(here, most, "cannot be 0")) }
            Counts.checkMost(most, here, &problems)
        default: problems.append(.invalid(path, shown: shown, "must be 'RollingUpdate' or 'OnDelete'"))
        }
    }

    private static func claims(_ spec: Value, _ problems: inout [Problem]) {
        for (index, claim) in spec.list("volumeClaimTemplates").enumerated() {
            let here = (path / "volumeClaimTemplates").index(index)
            problems += ClaimRules.spec(claim["spec"] ?? .emptyObject, here / "spec")
        }
    }

    private static func selector(_ spec: Value, _ problems: inout [Problem]) {
        let names = Set(spec.list("volumeClaimTemplates").compactMap { $0[path: "metadata", "name"]?.string })
        let selector = spec.part("selector")
        if let selector {
            let wrong = LabelSelectorRules.validate(selector, path / "selector")
            problems += wrong
            if LabelSelectorRules.isEmpty(selector) {
                problems.append(.invalid(path / "selector", selector, "empty selector is invalid for statefulset"))
            }
            guard wrong.isEmpty else {
                return problems.append(.invalid(path / "selector", shown: LabelSelectorRules.shown(selector), ""))
            }
        } else {
            problems.append(.required(path / "selector"))
        }
        let here = path / "template"
        problems += PodTemplateRules.matches(selector, spec["template"], here)
        // Looked at twice, as Kubernetes does.
        problems.labels(spec[path: "template", "metadata", "labels"], here / "labels")
        problems.annotations(spec[path: "template", "metadata", "annotations"], here / "annotations")
        problems += PodTemplateRules.validate(spec["template"], here, claims: names)
        problems += PodTemplateRules.alwaysRestarts(spec["template"], here, kind: "StatefulSet")
    }

    @Sendable static func validateUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        if subresource == "status" { return status(new, old) }
        guard subresource.isEmpty || subresource == "scale" else { return [] }
        var problems = validate(new)
        var (after, before) = (new["spec"] ?? .emptyObject, old["spec"] ?? .emptyObject)
        for key in changeable {
            after[key] = nil
            before[key] = nil
        }
        if after != before {
            let listed = changeable.dropLast().map { "'\($0)'" }.joined(separator: ", ")
            problems.append(
                .forbidden(
                    path,
                    "updates to statefulset spec for fields other than \(listed) and 'minReadySeconds' are forbidden"))
        }
        return problems
    }

    private static func status(_ new: Value, _ old: Value) -> [Problem] {
        let status = new["status"] ?? .emptyObject
        var problems = WorkloadStatusRules.counts(
            status, ["replicas", "readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas", "observedGeneration"])
        WorkloadStatusRules.collisions(status, .emptyObject, &problems)
        for key in ["readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"] {
            WorkloadStatusRules.atMost(status, key, "replicas", &problems)
        }
        WorkloadStatusRules.atMost(status, "availableReplicas", "readyReplicas", &problems, named: "status.readyReplicas")
        return problems
    }
}
