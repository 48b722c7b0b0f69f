import ClusterObjects

extension Kinds {
    static func node(_ resource: inout Resource) {
        resource.selectableFields = ["spec.unschedulable"]
        resource.rules.hasStatus = true
        resource.rules.validate = NodeRules.validate
        resource.rules.validateUpdate = NodeRules.validateUpdate
        resource.rules.setDefaults = { node in
            // What a node can give is all it has, where nobody says otherwise.
            if let capacity = node[path: "status", "capacity"], !(node["status"]?.has("allocatable") ?? false) {
                node[path: "status", "allocatable"] = capacity
            }
        }
        resource.rules.prepareForUpdate = { StatusOwnership.keep(&$0, $1, $2) }
    }
}

/// What Nodes must be.
enum NodeRules {
    @Sendable static func validate(_ node: Value) -> [Problem] {
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

    @Sendable static func validateUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
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
