import ClusterObjects

/// What a pod must be when it is made, changed, and when its status is written. Source: pkg/apis/core/validation.
enum PodRules {
    private static let spec = FieldPath("spec")

    @Sendable static func validate(_ pod: Value) -> [Problem] {
        var problems = common(pod)
        let spec = pod["spec"] ?? .emptyObject
        if !spec.list("ephemeralContainers").isEmpty {
            problems.append(.forbidden(Self.spec / "ephemeralContainers", "cannot be set on create"))
        }
        if !spec.text("nodeName").isEmpty, !spec.list("schedulingGates").isEmpty {
            problems.append(
                .forbidden(Self.spec / "nodeName", "cannot be set until all schedulingGates have been cleared"))
        }
        return problems + PodAnnotationRules.agree(pod[path: "metadata", "annotations"], spec, Self.spec)
    }

    private static func common(_ pod: Value) -> [Problem] {
        let spec = pod["spec"] ?? .emptyObject
        let annotations = pod[path: "metadata", "annotations"]
        var problems = PodAnnotationRules.validate(annotations, spec, FieldPath("metadata", "annotations"))
        problems += PodSpecRules(spec: spec, path: Self.spec, isPod: true, podName: pod["metadata"]?.text("name") ?? "").problems
        if spec.text("serviceAccountName").isEmpty {
            for (index, volume) in spec.list("volumes").enumerated() {
                for (place, source) in (volume["projected"]?.list("sources") ?? []).enumerated()
                where source.has("serviceAccountToken") {
                    let here = (Self.spec / "volumes").index(index) / "projected" / "sources"
                    problems.append(
                        .forbidden(
                            here.index(place) / "serviceAccountToken",
                            "must not be specified when serviceAccountName is not set"))
                }
            }
        }
        for list in ["containers", "initContainers"] {
            for (index, container) in spec.list(list).enumerated() {
                ContainerRules.whitespace(container, (Self.spec / list).index(index), &problems)
            }
        }
        return problems
    }

    @Sendable static func validateUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        switch subresource {
        case "status": PodStatusRules.validate(new, old)
        case "ephemeralcontainers": ephemeral(new, old)
        case "resize": common(new) + PodResizeRules.validate(new, old)
        case "": common(new) + PodAnnotationRules.changes(new, old) + PodChange.problems(new, old)
        default: []
        }
    }

    private static func ephemeral(_ new: Value, _ old: Value) -> [Problem] {
        var problems = common(new) + PodAnnotationRules.changes(new, old)
        if old[path: "metadata", "annotations", PodAnnotationRules.mirror] != nil {
            return [.forbidden(FieldPath(), "static pods do not support ephemeral containers")]
        }
        let path = Self.spec / "ephemeralContainers"
        let present = new["spec"]?.list("ephemeralContainers") ?? []
        for container in old["spec"]?.list("ephemeralContainers") ?? [] {
            let name = container.text("name")
            guard let same = present.first(where: { $0.text("name") == name }) else {
                problems.append(.forbidden(path, "existing ephemeral containers \"\(name)\" may not be removed\n"))
                continue
            }
            if same != container {
                let diff = LineDiff.unified(
                    GoStruct.tree(container, "EphemeralContainer").lines, GoStruct.tree(same, "EphemeralContainer").lines)
                problems.append(.forbidden(path, "existing ephemeral containers \"\(name)\" may not be changed\n\(diff)"))
            }
        }
        return problems
    }
}
