import ClusterObjects

/// Rows of nodes and quotas.
enum CoreRows {
    static func node(_ object: Tree, _ now: Timestamp) -> [Value] {
        let status = object["status"] ?? Value.emptyObject.tree
        var states = [status.condition("Ready").map { $0.text("status") == "True" ? "Ready" : "NotReady" } ?? "Unknown"]
        if object[path: "spec", "unschedulable"]?.bool == true { states.append("SchedulingDisabled") }
        let info = status["nodeInfo"]
        func address(_ type: String) -> Value {
            let found = status.elements("addresses").first { $0["type"]?.string == type }
            return .string(found?.text("address", or: CellTexts.none) ?? CellTexts.none)
        }
        func fact(_ key: String) -> Value { .string(info?.text(key, or: CellTexts.unknown) ?? CellTexts.unknown) }
        return [
            .string(states.joined(separator: ",")), .string(roles(object)), TableRows.age(object, now),
            .string(info?.text("kubeletVersion") ?? ""), address("InternalIP"), address("ExternalIP"), fact("osImage"),
            fact("kernelVersion"), fact("containerRuntimeVersion"),
        ]
    }

    private static func roles(_ object: Tree) -> String {
        let prefix = "node-role.kubernetes.io/"
        var roles: Set<String> = []
        for (key, value) in object[path: "metadata", "labels"]?.stringMap ?? [:] {
            if key.hasPrefix(prefix), key.utf8.count > prefix.utf8.count { roles.insert(String(key.dropFirst(prefix.count))) }
            if key == "kubernetes.io/role", !value.isEmpty { roles.insert(value) }
        }
        return roles.isEmpty ? CellTexts.none : roles.sorted(by: Fields.precedes).joined(separator: ",")
    }

    static func resourceQuota(_ object: Tree, _ now: Timestamp) -> [Value] {
        var (requests, limits): ([String], [String]) = ([], [])
        let used = object[path: "status", "used"]
        let hard = object[path: "status", "hard"]?.fields.map { ($0.key, $0.value.string ?? "") } ?? []
        for (name, most) in hard.sorted(by: { Fields.precedes($0.0, $1.0) }) {
            let text = "\(name): \(used?.text(name, or: "0") ?? "0")/\(most)"
            if name.contains("limits") { limits.append(text) } else { requests.append(text) }
        }
        return [.string(requests.joined(separator: ", ")), .string(limits.joined(separator: ", ")), TableRows.age(object, now)]
    }
}

/// The row of an event, of either of its two groups.
enum EventRow {
    static func cells(_ object: Tree, _ now: Timestamp) -> [Value] {
        func time(_ keys: String...) -> Tree? { keys.lazy.compactMap { object[$0] }.first { $0.string != nil } }
        let first = HumanDuration.age(time("firstTimestamp", "deprecatedFirstTimestamp", "eventTime"), now: now)
        var last = time("lastTimestamp", "deprecatedLastTimestamp").map { HumanDuration.age($0, now: now) } ?? first
        var count = max(object.number("count"), object.number("deprecatedCount"))
        if let series = object["series"], series.isObject {
            last = HumanDuration.age(series["lastObservedTime"], now: now)
            count = series.number("count")
        } else if count == 0 {
            count = 1
        }
        let regarding = object["involvedObject"] ?? object["regarding"]
        let kind = (regarding?.text("kind") ?? "").lowercased()
        let name = regarding?.text("name") ?? ""
        let source = object["source"] ?? object["deprecatedSource"]
        let controller = object.text("reportingComponent", or: object.text("reportingController"))
        let component = source?.text("component", or: controller) ?? controller
        let host = source?.text("host", or: object.text("reportingInstance")) ?? object.text("reportingInstance")
        let message = object.text("message", or: object.text("note"))
        return [
            .string(last), .string(object.text("type")), .string(object.text("reason")),
            .string(name.isEmpty ? kind : "\(kind)/\(name)"), .string(regarding?.text("fieldPath") ?? ""),
            .string(host.isEmpty ? component : "\(component), \(host)"), .string(message.trimmed), .string(first), Value(count),
            .string(TableRows.name(object)),
        ]
    }
}
