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
            for (index, container) in spec.list(list).enumerated() {
                problems.required(container, "image", (path / list).index(index))
                ContainerRules.whitespace(container, (path / list).index(index), &problems)
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
        TolerationRules.validate(spec.list("tolerations"), here, &problems)
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
        let (affinity, old) = (spec[path: "affinity", "nodeAffinity"], before[path: "affinity", "nodeAffinity"])
        guard !isSame(affinity, old) else { return }
        narrowed(affinity, old, &problems)
        spec[path: "affinity", "nodeAffinity"] = old
        if !before.has("affinity"), spec.map("affinity").isEmpty { spec["affinity"] = nil }
    }

    /// Each of the terms of which a node must meet one may only ask for more.
    private static func narrowed(_ affinity: Value?, _ before: Value?, _ problems: inout [Problem]) {
        let required = "requiredDuringSchedulingIgnoredDuringExecution"
        let here = path / "affinity" / "nodeAffinity" / required / "nodeSelectorTerms"
        let (terms, old) = (affinity?[required]?.list("nodeSelectorTerms") ?? [], before?[required]?.list("nodeSelectorTerms") ?? [])
        if old.isEmpty { return }
        if terms.count != old.count {
            return problems.append(
                .invalid(here, .array(terms), "no additions/deletions to non-empty NodeSelectorTerms list are allowed"))
        }
        for (index, pair) in zip(terms, old).enumerated() where !asksMore(pair.0, pair.1) {
            problems.append(.invalid(here.index(index), pair.0, "only additions are allowed (no mutations or deletions)"))
        }
    }

    private static func asksMore(_ term: Value, _ before: Value) -> Bool {
        let lists = ["matchExpressions", "matchFields"]
        // A term without requirements is met by no node, which one with some could be.
        if lists.allSatisfy({ before.list($0).isEmpty }) { return lists.allSatisfy { term.list($0).isEmpty } }
        return lists.allSatisfy { list in
            let old = before.list(list)
            return isSame(.array(Array(term.list(list).prefix(old.count))), .array(old))
        }
    }

    /// Whether two parts of a spec mean the same, as Go reads them.
    static func isSame(_ left: Value?, _ right: Value?) -> Bool {
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
