import ClusterObjects

/// Which fields of a pod's spec may still change. Source: pkg/apis/core/validation, ValidatePodUpdate.
enum PodChange {
    private static let path = FieldPath("spec")

    private static let changeable = [
        "`spec.containers[*].image`", "`spec.initContainers[*].image`", "`spec.activeDeadlineSeconds`",
        "`spec.tolerations` (only additions to existing tolerations)",
        "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
    ]

    static func problems(_ new: Value, _ old: Value) -> [Problem] {
        let (spec, before) = (new["spec"] ?? .emptyObject, old["spec"] ?? .emptyObject)
        var problems: [Problem] = []
        for list in ["containers", "initContainers"] {
            guard spec.list(list).count == before.list(list).count else {
                problems.append(.forbidden(path / list, "pod updates may not add or remove containers"))
                return problems
            }
        }
        guard deadline(spec, before, &problems) else { return problems }
        tolerations(spec, before, &problems)
        gates(spec, before, &problems)
        if [Problem].same(spec, before) { return problems }
        let munged = munged(spec, before, &problems)
        if !isSame(munged, before) {
            problems.append(
                .forbidden(
                    path,
                    "pod updates may not change fields other than \(changeable.joined(separator: ","))\n"
                        + diff(before, munged)))
        }
        return problems
    }

    /// Resources of containers alone, through the subresource for it.
    static func resize(_ new: Value, _ old: Value) -> [Problem] {
        var spec = new["spec"] ?? .emptyObject
        let before = old["spec"] ?? .emptyObject
        for list in ["containers", "initContainers"] {
            let originals = before.list(list)
            guard spec.list(list).count == originals.count else {
                return [.forbidden(path / list, "containers may not be added or removed on resize")]
            }
            spec.editEach(list) { container in
                guard let original = originals.first(where: { $0.text("name") == container.text("name") }) else { return }
                container["resources"] = original["resources"]
            }
        }
        var problems: [Problem] = []
        if PodQOS.class(of: new) != (old[path: "status", "qosClass"]?.string ?? PodQOS.class(of: old)) {
            problems.append(
                .invalid(path, shown: Problem.shown(.string(PodQOS.class(of: new))), "Pod QOS Class may not change as a result of resizing")
            )
        }
        if !isSame(spec, before) {
            problems.append(.forbidden(path, "only cpu and memory resources are mutable\n" + diff(before, spec)))
        }
        return problems
    }

    /// False when what follows is not worth looking at.
    private static func deadline(_ spec: Value, _ before: Value, _ problems: inout [Problem]) -> Bool {
        let here = path / "activeDeadlineSeconds"
        let previous = before["activeDeadlineSeconds"]?.int
        guard let seconds = spec["activeDeadlineSeconds"]?.int else {
            if previous != nil {
                problems.append(.invalid(here, .null, "must not update from a positive integer to nil value"))
            }
            return true
        }
        if !(0...2_147_483_647 ~= seconds) {
            problems.append(.invalid(here, Value(seconds), Formats.range(0...2_147_483_647)))
            return false
        }
        if let previous, previous < seconds {
            problems.append(.invalid(here, Value(seconds), "must be less than or equal to previous value"))
            return false
        }
        return true
    }

    private static func tolerations(_ spec: Value, _ before: Value, _ problems: inout [Problem]) {
        let here = path / "tolerations"
        func withoutSeconds(_ toleration: Value) -> Value {
            var toleration = toleration
            toleration["tolerationSeconds"] = nil
            return toleration
        }
        let present = Set(spec.list("tolerations").map(withoutSeconds))
        for toleration in before.list("tolerations") where !present.contains(withoutSeconds(toleration)) {
            return problems.append(.forbidden(here, "existing toleration can not be modified except its tolerationSeconds"))
        }
    }

    private static func gates(_ spec: Value, _ before: Value, _ problems: inout [Problem]) {
        let known = Set(before.list("schedulingGates").map { $0.text("name") })
        for (index, gate) in spec.list("schedulingGates").enumerated() where !known.contains(gate.text("name")) {
            problems.append(
                .forbidden(
                    (path / "schedulingGates").index(index) / "name",
                    "only deletion is allowed, but found new scheduling gate '\(gate.text("name"))'"))
        }
    }

    /// The new spec with what may change put back to what it was.
    private static func munged(_ spec: Value, _ before: Value, _ problems: inout [Problem]) -> Value {
        var spec = spec
        for list in ["containers", "initContainers"] {
            let originals = before.list(list)
            guard !originals.isEmpty else { continue }
            var containers = spec.list(list)
            for index in containers.indices where index < originals.count {
                containers[index]["image"] = originals[index]["image"]
            }
            spec[list] = .array(containers)
        }
        for key in ["activeDeadlineSeconds", "schedulingGates", "tolerations"] { spec[key] = before[key] }
        if before.number("terminationGracePeriodSeconds") < 0, spec.number("terminationGracePeriodSeconds") == 1 {
            spec["terminationGracePeriodSeconds"] = before["terminationGracePeriodSeconds"]
        }
        if !before.list("schedulingGates").isEmpty { gated(&spec, before, &problems) }
        return spec
    }

    /// A pod that is held back may still be narrowed in where it goes.
    private static func gated(_ spec: inout Value, _ before: Value, _ problems: inout [Problem]) {
        if !isSame(spec["nodeSelector"], before["nodeSelector"]) {
            for (key, value) in before.map("nodeSelector") where spec[path: "nodeSelector", key] != value {
                problems.append(
                    .invalid(
                        path / "nodeSelector", spec["nodeSelector"] ?? .null,
                        "only additions to spec.nodeSelector are allowed (no mutations or deletions)"))
                break
            }
            spec["nodeSelector"] = before["nodeSelector"]
        }
        let required = ["affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"]
        let (terms, old) = (spec[path: required]?.array ?? [], before[path: required]?.array ?? [])
        if !old.isEmpty, terms.count != old.count {
            problems.append(
                .invalid(
                    FieldPath(([.field("spec")] + required.map { .field($0) })), .array(terms),
                    "no additions/deletions to non-empty NodeSelectorTerms list are allowed"))
        }
        if spec[path: "affinity", "nodeAffinity"] != nil || before[path: "affinity", "nodeAffinity"] != nil {
            spec[path: "affinity", "nodeAffinity"] = before[path: "affinity", "nodeAffinity"]
            if before["affinity"] == nil, spec.map("affinity").isEmpty { spec["affinity"] = nil }
        }
    }

    private static func isSame(_ left: Value?, _ right: Value?) -> Bool {
        func normal(_ value: Value?) -> Value {
            switch value {
            case .object(let fields):
                .object(Fields(fields.map { ($0.key, normal($0.value)) }.filter { !Self.isNothing($0.1) }))
            case .array(let elements): .array(elements.map { normal($0) })
            default: value ?? .null
            }
        }
        return normal(left ?? .emptyObject) == normal(right ?? .emptyObject)
    }

    private static func isNothing(_ value: Value) -> Bool {
        switch value {
        case .null, .string(""), .bool(false): true
        case .array(let elements): elements.isEmpty
        default: false
        }
    }

    static func diff(_ before: Value, _ after: Value) -> String {
        LineDiff.unified(GoStruct.tree(hosted(before), "PodSpec").lines, GoStruct.tree(hosted(after), "PodSpec").lines)
    }

    /// The internal struct keeps the host's namespaces in the security context.
    private static func hosted(_ spec: Value) -> Value {
        var spec = spec
        for key in ["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers"] {
            if let value = spec[key] { spec[path: "securityContext", key] = value }
        }
        return spec
    }
}
