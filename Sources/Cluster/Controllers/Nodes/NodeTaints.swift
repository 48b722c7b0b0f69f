import ClusterObjects

/// The taints that say why a node is not fit, and what they follow from.
enum NodeTaint {
    static let notReady = "node.kubernetes.io/not-ready"
    static let unreachable = "node.kubernetes.io/unreachable"
    static let unschedulable = "node.kubernetes.io/unschedulable"

    /// `NoSchedule` taints that follow from conditions: condition → status → key.
    static let byCondition: [(condition: String, status: String, key: String)] = [
        ("Ready", "False", notReady), ("Ready", "Unknown", unreachable),
        ("MemoryPressure", "True", "node.kubernetes.io/memory-pressure"),
        ("DiskPressure", "True", "node.kubernetes.io/disk-pressure"),
        ("PIDPressure", "True", "node.kubernetes.io/pid-pressure"),
        ("NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"),
    ]
    static let noScheduleKeys = Set(byCondition.map(\.key) + [unschedulable])

    /// The taints a node should have: what others put there, and what its conditions and `unschedulable` say.
    /// `evicts`: whether one that is not ready gets the `NoExecute` taint; nil leaves that as it is.
    static func wanted(_ node: Node, conditions: Conditions, evicts: Bool?, at now: Timestamp) -> [Value] {
        let present = node.taints.map(\.value)
        var result = present.filter { taint in
            let (key, effect) = (taint["key"]?.string ?? "", taint["effect"]?.string ?? "")
            if effect == "NoSchedule" { return !noScheduleKeys.contains(key) }
            return effect != "NoExecute" || (key != notReady && key != unreachable)
        }
        func add(_ key: String, _ effect: String, timed: Bool) {
            if let old = present.first(where: { $0["key"]?.string == key && $0["effect"]?.string == effect }) {
                result.append(old)
                return
            }
            var taint: Value = ["key": Value(key), "effect": Value(effect)]
            if timed { taint["timeAdded"] = Value(now.description) }
            result.append(taint)
        }
        for (condition, status, key) in byCondition where conditions[condition]?["status"]?.string == status {
            add(key, "NoSchedule", timed: true)
        }
        if node.isUnschedulable { add(unschedulable, "NoSchedule", timed: true) }
        let key = ["False": notReady, "Unknown": unreachable][conditions["Ready"]?["status"]?.string ?? ""]
        let isTainted = isMarked(node)
        if let key, evicts ?? isTainted { add(key, "NoExecute", timed: true) }
        return result
    }

    /// Whether it has one of the taints that evict.
    static func isMarked(_ node: Node) -> Bool { markedSince(node) != nil }

    static func markedSince(_ node: Node) -> Timestamp? {
        let taint = node.taints.first {
            $0["effect"]?.string == "NoExecute" && ($0["key"]?.string == notReady || $0["key"]?.string == unreachable)
        }
        return taint.map { $0["timeAdded"]?.string.flatMap { Timestamp($0) } ?? Timestamp(microseconds: 0) }
    }

    /// The same taints, in whatever order.
    static func same(_ left: [Value], _ right: [Value]) -> Bool {
        left.count == right.count && Set(left) == Set(right)
    }
}
