import ClusterObjects

/// What Namespaces and Nodes must be.
enum ClusterObjectRules {
    private static let finalizers: Set<String> = ["kubernetes", "orphan", "foregroundDeletion"]

    @Sendable static func namespace(_ namespace: Value) -> [Problem] {
        checked(namespace) { FieldPath("spec", "finalizers") }
    }

    private static func checked(_ namespace: Value, indexed: Bool = false, _ path: () -> FieldPath) -> [Problem] {
        var problems: [Problem] = []
        for (index, name) in (namespace[path: "spec", "finalizers"]?.strings ?? []).enumerated() {
            let here = indexed ? path().index(index) : path()
            problems.qualifiedName(name, here)
            if !name.contains("/"), !finalizers.contains(name) {
                problems.append(
                    .invalid(here, .string(name), "name is neither a standard finalizer name nor is it fully qualified"))
            }
        }
        return problems
    }

    @Sendable static func namespaceUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        switch subresource {
        case "finalize": return checked(new, indexed: true) { FieldPath("spec", "finalizers") }
        case "status":
            let isGoing = new["metadata"]?.has("deletionTimestamp") ?? false
            let (wanted, state) = isGoing ? ("Terminating", "is not empty") : ("Active", "is empty")
            guard new[path: "status", "phase"]?.string != wanted else { return [] }
            return [
                .invalid(
                    FieldPath("status", "Phase"), new[path: "status", "phase"] ?? "",
                    "may only be '\(wanted)' if `deletionTimestamp` \(state)")
            ]
        default: return []
        }
    }

    @Sendable static func node(_ node: Value) -> [Problem] {
        let spec = node["spec"] ?? .emptyObject
        var problems: [Problem] = []
        TolerationRules.taints(spec.list("taints"), FieldPath("metadata", "taints"), &problems)
        problems += amounts(node)
        let ranges = spec["podCIDRs"]?.strings ?? []
        let path = FieldPath("spec", "podCIDRs")
        for (index, range) in ranges.enumerated() { problems.cidr(range, path.index(index)) }
        if ranges.count > 1 {
            let families = Set(ranges.compactMap { IPRange($0)?.address.isIPv4 })
            if families.count != 2 || ranges.count > 2 {
                problems.append(.invalid(path, Value(ranges), "may specify no more than one CIDR for each IP family"))
            }
            var seen: Set<String> = []
            for (index, range) in ranges.enumerated() where !seen.insert(range).inserted {
                problems.append(.duplicate(path.index(index), .string(range)))
            }
        }
        return problems
    }

    private static func amounts(_ node: Value) -> [Problem] {
        ["capacity", "allocatable"].flatMap { list in
            (node["status"]?.map(list) ?? Fields()).flatMap { name, value in
                ResourceListRules.amount(name, value, FieldPath("status", list, name))
            }
        }
    }

    @Sendable static func nodeUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        let (spec, before) = (new["spec"] ?? .emptyObject, old["spec"] ?? .emptyObject)
        var problems = amounts(new)
        var seen: Set<Value> = []
        for (index, address) in (new["status"]?.list("addresses") ?? []).enumerated() where !seen.insert(address).inserted {
            problems.append(
                Problem(
                    FieldPath("status", "addresses").index(index), .duplicate,
                    "Duplicate value: \(GoStruct.text(address, "NodeAddress"))"))
        }
        let (ranges, previous) = (spec["podCIDRs"]?.strings ?? [], before["podCIDRs"]?.strings ?? [])
        if !previous.isEmpty, ranges != previous {
            problems.append(
                .forbidden(
                    FieldPath("spec", "podCIDRs"), "node updates may not change podCIDR except from \"\" to valid"))
        }
        let provider = before.text("providerID")
        if !provider.isEmpty, provider != spec.text("providerID") {
            problems.append(
                .forbidden(
                    FieldPath("spec", "providerID"), "node updates may not change providerID except from \"\" to valid"))
        }
        TolerationRules.taints(spec.list("taints"), FieldPath("metadata", "taints"), &problems)
        return problems
    }
}
