import ClusterObjects

/// What Events must be, in the old and in the new version of the API. Source: pkg/apis/core/validation/events.go.
enum EventRules {
    @Sendable static func core(_ event: Value) -> [Problem] {
        var problems = namespace(event, "involvedObject")
        if event.has("eventTime") { problems += modern(event, controller: "reportingComponent", message: "message") }
        return problems
    }

    @Sendable static func coreUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] { core(new) }

    @Sendable static func events(_ event: Value) -> [Problem] {
        var problems = namespace(event, "regarding")
        problems += modern(event, controller: "reportingController", message: "note")
        if !event.has("eventTime") { problems.append(.required(FieldPath("eventTime"))) }
        let type = event.text("type")
        if type != "Normal", type != "Warning" {
            problems.append(.invalid(FieldPath("type"), "", "has invalid value: \(type)"))
        }
        let unset = [
            ("deprecatedFirstTimestamp", "firstTimestamp"), ("deprecatedLastTimestamp", "lastTimestamp"), ("deprecatedCount", "count"),
        ]
        for (key, field) in unset where event.has(key) && event[key]?.int != 0 {
            problems.append(.invalid(FieldPath(field), "", "needs to be unset"))
        }
        if let source = event["deprecatedSource"], !source.text("component").isEmpty || !source.text("host").isEmpty {
            problems.append(.invalid(FieldPath("source"), "", "needs to be unset"))
        }
        return problems
    }

    @Sendable static func eventsUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        var problems = namespace(new, "regarding")
        let keys = [
            ("regarding", "involvedObject"), ("reason", "reason"), ("note", "message"), ("deprecatedSource", "source"),
            ("deprecatedFirstTimestamp", "firstTimestamp"), ("deprecatedLastTimestamp", "lastTimestamp"), ("deprecatedCount", "count"),
            ("type", "type"), ("eventTime", "eventTime"), ("action", "action"), ("related", "related"),
            ("reportingController", "reportingController"), ("reportingInstance", "reportingInstance"),
        ]
        for (key, field) in keys { problems.immutable(new[key], old[key], FieldPath(field)) }
        return problems
    }

    /// An event lies in the namespace of what it is about; what has none in `default`.
    private static func namespace(_ event: Value, _ key: String) -> [Problem] {
        let own = event[path: "metadata", "namespace"]?.string ?? ""
        let about = event[path: key, "namespace"]?.string ?? ""
        if about.isEmpty ? own.isEmpty || own == "default" : about == own { return [] }
        return [.invalid(FieldPath("involvedObject", "namespace"), .string(about), "does not match event.namespace")]
    }

    private static func modern(_ event: Value, controller: String, message: String) -> [Problem] {
        var problems: [Problem] = []
        let name = event.text(controller)
        if name.isEmpty {
            problems.append(.required(FieldPath(controller)))
        } else {
            problems.qualifiedName(name, FieldPath(controller))
        }
        for key in ["reportingInstance", "action", "reason"] {
            let text = event.text(key)
            if text.isEmpty {
                problems.append(.required(FieldPath(key)))
            } else if text.utf8.count > 128 {
                problems.append(.invalid(FieldPath(key), "", "can have at most 128 characters"))
            }
        }
        if event.text(message).utf8.count > 1024 {
            problems.append(.invalid(FieldPath("message"), "", "can have at most 1024 characters"))
        }
        return problems
    }
}
