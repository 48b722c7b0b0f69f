import ClusterObjects

/// How objects of a built-in version are kept in another one: what is stored is read and written in both.
public struct VersionConversion: Sendable {
    /// From the version served to the one stored.
    public let toStored: @Sendable (Value) -> Value
    public let fromStored: @Sendable (Value) -> Value

    public init(toStored: @escaping @Sendable (Value) -> Value, fromStored: @escaping @Sendable (Value) -> Value) {
        self.toStored = toStored
        self.fromStored = fromStored
    }

    /// Makes a resource one whose objects another version holds.
    static func complete(_ resource: inout Resource) {
        guard let (stored, conversion) = table[resource.gvr] else { return }
        resource.storedAs = stored
        resource.conversion = conversion
    }

    private static let table: [GroupVersionResource: (GroupVersionResource, VersionConversion)] = [
        GroupVersionResource("events.k8s.io", "v1", "events"): (GroupVersionResource("", "v1", "events"), EventConversion.conversion),
        GroupVersionResource("autoscaling", "v1", "horizontalpodautoscalers"):
            (GroupVersionResource("autoscaling", "v2", "horizontalpodautoscalers"), AutoscalerConversion.conversion),
    ]

    /// Fills in what the other version writes always.
    static func filled(_ value: Value, _ gvk: GroupVersionKind) -> Value {
        guard let schema = BuiltInSchemas.schema(of: gvk) else { return value }
        var value = value
        SchemaDefaults.fill(&value, schema)
        return value
    }
}

/// Events of `events.k8s.io/v1` are those of the core group with other names. Source: pkg/apis/events/v1/conversion.go.
enum EventConversion {
    private static let names = [
        ("regarding", "involvedObject"), ("note", "message"), ("deprecatedSource", "source"),
        ("deprecatedFirstTimestamp", "firstTimestamp"),
        ("deprecatedLastTimestamp", "lastTimestamp"), ("deprecatedCount", "count"), ("reportingController", "reportingComponent"),
    ]

    static let conversion = VersionConversion(
        toStored: { VersionConversion.filled(renamed($0, names), GroupVersionKind("", "v1", "Event")) },
        fromStored: { event in
            var result = renamed(event, names.map { ($0.1, $0.0) })
            // What the core version writes always, this one leaves out when empty.
            for name in ["reportingController", "reportingInstance"] where result[name] == "" { result[name] = nil }
            return VersionConversion.filled(result, GroupVersionKind("events.k8s.io", "v1", "Event"))
        })

    private static func renamed(_ event: Value, _ names: [(String, String)]) -> Value {
        var result = event
        for (from, to) in names {
            guard let value = event[from] else { continue }
            result[from] = nil
            result[to] = value
        }
        return result
    }
}
