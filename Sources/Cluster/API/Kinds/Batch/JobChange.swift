import ClusterObjects

/// What of a Job's spec may change, and when. Source: pkg/apis/batch/validation, ValidateJobSpecUpdate, and pkg/registry/batch/job.
enum JobChange {
    private static let path = FieldPath("spec")
    private static let newerLabels = ["batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name"]

    @Sendable static func validateUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        if subresource == "status" { return JobStatusRules.validate(new, old) }
        guard subresource.isEmpty else { return [] }
        let (spec, before) = (new["spec"] ?? .emptyObject, old["spec"] ?? .emptyObject)
        let had = before[path: "template", "metadata", "labels"]
        // Kubernetes looks at a changed spec twice.
        let wrong = JobRules.selected(spec)
        var problems = JobRules.generated(new, spec, prefixed: newerLabels.allSatisfy { had?[$0] != nil }) + wrong + wrong
        completions(spec, before, &problems)
        problems.immutable(spec["selector"], before["selector"], path / "selector", shown: LabelSelectorRules.shown)
        template(spec, before, old["status"] ?? .emptyObject, &problems)
        let structs = ["podFailurePolicy": "PodFailurePolicy", "successPolicy": "SuccessPolicy"]
        for key in ["completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"] {
            let type = structs[key]
            problems.immutable(spec[key], before[key], path / key, shown: type.map { type in { GoStruct.text($0, type) } })
        }
        return problems
    }

    /// An indexed job grows and shrinks, its completions and parallelism together.
    private static func completions(_ spec: Value, _ before: Value, _ problems: inout [Problem]) {
        let here = path / "completions"
        guard spec.text("completionMode") == "Indexed" else {
            return problems.immutable(spec["completions"], before["completions"], here)
        }
        guard let completions = spec["completions"]?.int, completions != before["completions"]?.int else { return }
        if completions != spec["parallelism"]?.int {
            problems.append(.invalid(here, Value(completions), "can only be modified in tandem with spec.parallelism"))
        }
    }

    /// Where pods go and what they may take changes while the job is suspended and none of its pods runs.
    private static func template(_ spec: Value, _ before: Value, _ status: Value, _ problems: inout [Problem]) {
        var after = spec["template"] ?? .emptyObject
        let previous = before["template"] ?? .emptyObject
        let isStopped = !status.has("startTime") || status.holds("Suspended") && status.number("active") == 0
        if before.flag("suspend"), isStopped {
            for key in ["nodeSelector", "tolerations", "schedulingGates"] { after[path: "spec", key] = previous[path: "spec", key] }
            for key in ["annotations", "labels"] { after[path: "metadata", key] = previous[path: "metadata", key] }
            nodeAffinity(&after, previous)
            for list in ["containers", "initContainers"] { resources(&after, previous, list) }
            let (inner, outer) = (after["spec"] ?? .emptyObject, previous["spec"] ?? .emptyObject)
            // Only the spec is compared, and named so.
            return problems.immutable(inner, outer, path / "template.spec") { _ in podSpec(spec) }
        }
        problems.immutable(after, previous, path / "template") { _ in
            let metadata = GoJSON(spec[path: "template", "metadata"] ?? .emptyObject).compact
            return metadata.dropLast() + (metadata == "{}" ? "" : ",") + "\"Spec\":\(podSpec(spec))}"
        }
    }

    private static func podSpec(_ spec: Value) -> String { GoStruct.text(spec[path: "template", "spec"] ?? .emptyObject, "PodSpec") }

    private static func nodeAffinity(_ after: inout Value, _ previous: Value) {
        let place = ["spec", "affinity", "nodeAffinity"]
        guard after[path: place] != nil || previous[path: place] != nil else { return }
        after[path: place] = previous[path: place]
        // An affinity that held nothing else comes and goes with it.
        if previous[path: "spec", "affinity"] == nil, after[path: "spec", "affinity"]?.object?.isEmpty ?? false {
            after[path: "spec", "affinity"] = nil
        }
    }

    private static func resources(_ after: inout Value, _ previous: Value, _ list: String) {
        let originals = previous["spec"]?.list(list) ?? []
        var containers = after["spec"]?.list(list) ?? []
        guard !containers.isEmpty, containers.count == originals.count else { return }
        for (index, original) in originals.enumerated() where containers[index].text("name") == original.text("name") {
            containers[index]["resources"] = original["resources"]
        }
        after[path: "spec", list] = .array(containers)
    }
}
