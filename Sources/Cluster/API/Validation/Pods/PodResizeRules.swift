import ClusterObjects

/// What may be resized: processors and memory, of containers and of the pod as a whole, neither more nor fewer kinds of resources
/// than before, and not so far that the pod's quality of service is another. Source: pkg/apis/core/validation, ValidatePodResize.
enum PodResizeRules {
    private static let path = FieldPath("spec")
    private static let onlyTwo = "only cpu and memory resources are mutable"

    static func validate(_ new: Value, _ old: Value) -> [Problem] {
        if old[path: "metadata", "annotations", PodAnnotationRules.mirror] != nil {
            return [.forbidden(FieldPath(), "static pods cannot be resized")]
        }
        if old[path: "spec", "os", "name"]?.string == "windows" {
            return [.forbidden(FieldPath(), "windows pods cannot be resized")]
        }
        let (spec, before) = (new["spec"] ?? .emptyObject, old["spec"] ?? .emptyObject)
        var problems: [Problem] = []
        let known = old[path: "status", "qosClass"]?.string ?? PodQOS.class(of: old)
        if PodQOS.class(of: new) != known {
            problems.append(
                .invalid(path, new[path: "status", "qosClass"] ?? "", "Pod QOS Class may not change as a result of resizing"))
        }
        var masked = spec
        if isAsked(spec) || isAsked(before) { ofPod(&masked, before, &problems) }
        let disorder = disorder(spec, before)
        if !disorder.isEmpty { return problems + disorder }
        for list in ["initContainers", "containers"] {
            for (index, pair) in zip(spec.list(list), before.list(list)).enumerated() {
                removed(pair.0, pair.1, (path / list).index(index) / "resources", "resource", &problems)
            }
        }
        ofContainers(&masked, before, &problems)
        if problems.isEmpty, !PodChange.isSame(masked, before) { problems.append(.forbidden(path, onlyTwo)) }
        return problems
    }

    private static func isAsked(_ spec: Value) -> Bool {
        guard let resources = spec.part("resources") else { return false }
        return !resources.map("requests").isEmpty || !resources.map("limits").isEmpty
    }

    private static func ofPod(_ masked: inout Value, _ before: Value, _ problems: inout [Problem]) {
        if before.has("resources"), !masked.has("resources") {
            return problems.append(.forbidden(path / "resources", "pod-level resources cannot be removed"))
        }
        removed(masked, before, path / "resources", "pod-level resource", &problems)
        mask(&masked, before)
        if !PodChange.isSame(masked["resources"], before["resources"]) {
            problems.append(.forbidden(path, "\(onlyTwo) at pod-level"))
        }
    }

    private static func ofContainers(_ masked: inout Value, _ before: Value, _ problems: inout [Problem]) {
        for list in ["containers", "initContainers"] {
            var containers = masked.list(list)
            for (index, pair) in zip(containers, before.list(list)).enumerated() {
                let (wanted, original) = pair
                mask(&containers[index], original)
                let isInitial = list == "initContainers"
                let here = (path / list).index(index)
                if !PodChange.isSame(containers[index], original) {
                    problems.append(
                        isInitial
                            ? .forbidden(here, "only cpu and memory resources for init or sidecar containers are mutable")
                            : .forbidden(path, onlyTwo))
                }
                guard isInitial, wanted.text("restartPolicy") != "Always", !PodChange.isSame(wanted, original) else { continue }
                for policy in wanted.list("resizePolicy") where policy.text("restartPolicy") == "RestartContainer" {
                    problems.append(
                        .forbidden(
                            here, "non-sidecar init containers with a resize policy of RestartContainer cannot be resized"))
                }
            }
            if !containers.isEmpty { masked[list] = .array(containers) }
        }
    }

    /// Sets the amounts that may change back to what they were.
    private static func mask(_ owner: inout Value, _ original: Value) {
        // What was not there and now holds nothing is not there.
        func drop(_ steps: [String]) {
            if original[path: steps] == nil, owner[path: steps]?.object?.isEmpty ?? false { owner[path: steps] = nil }
        }
        for list in ["limits", "requests"] {
            for name in ["cpu", "memory"] {
                let amount = original[path: "resources", list, name]
                guard amount != nil || owner[path: "resources", list, name] != nil else { continue }
                owner[path: "resources", list, name] = amount
            }
            drop(["resources", list])
        }
        drop(["resources"])
    }

    /// What was asked or limited stays so, with whatever amount.
    private static func removed(
        _ owner: Value, _ original: Value, _ path: FieldPath, _ word: String, _ problems: inout [Problem]
    ) {
        for list in ["requests", "limits"] {
            let left = owner["resources"]?.map(list) ?? Fields()
            let before = original["resources"]?.map(list) ?? Fields()
            if before.keys.contains(where: { left[$0] == nil }) {
                problems.append(.forbidden(path / list, "\(word) \(list) cannot be removed"))
            }
        }
    }

    private static func disorder(_ spec: Value, _ before: Value) -> [Problem] {
        var problems: [Problem] = []
        for list in ["containers", "initContainers"] {
            let (wanted, originals) = (spec.list(list), before.list(list))
            guard wanted.count == originals.count else {
                problems.append(.forbidden(path / list, "\(list) may not be added or removed on resize"))
                continue
            }
            for (index, pair) in zip(wanted, originals).enumerated() where pair.0.text("name") != pair.1.text("name") {
                problems.append(
                    .forbidden((path / list).index(index) / "name", "\(list) may not be renamed or reordered on resize"))
            }
        }
        return problems
    }
}
