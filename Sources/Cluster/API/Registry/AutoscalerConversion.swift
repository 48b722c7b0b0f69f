import ClusterObjects

/// HorizontalPodAutoscalers of `autoscaling/v1` are kept as v2: the CPU target is one of its metrics, and what v1 has no field for stands in
/// annotations. Source: pkg/apis/autoscaling/v1/conversion.go.
enum AutoscalerConversion {
    private static let prefix = "autoscaling.alpha.kubernetes.io/"

    static let conversion = VersionConversion(
        toStored: { VersionConversion.filled(upgraded($0), GroupVersionKind("autoscaling", "v2", "HorizontalPodAutoscaler")) },
        fromStored: { VersionConversion.filled(downgraded($0), GroupVersionKind("autoscaling", "v1", "HorizontalPodAutoscaler")) })

    // MARK: - v1 to v2

    private static func upgraded(_ object: Value) -> Value {
        var object = object
        var annotations = object[path: "metadata", "annotations"] ?? .emptyObject
        func taken(_ name: String) -> Value? {
            guard let text = annotations[prefix + name]?.string, let value = try? Value(parsing: text) else { return nil }
            annotations[prefix + name] = nil
            return value
        }
        var metrics = taken("metrics")?.array?.map { upgraded(metric: $0, "target") } ?? []
        if let percentage = object[path: "spec", "targetCPUUtilizationPercentage"] {
            metrics.append(
                [
                    "type": "Resource",
                    "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": percentage]],
                ])
        }
        object["spec", default: .emptyObject]["targetCPUUtilizationPercentage"] = nil
        if !metrics.isEmpty { object[path: "spec", "metrics"] = .array(metrics) }
        if let behavior = taken("behavior") { object[path: "spec", "behavior"] = behavior }
        guard object["status"]?.object != nil else { return settled(object, annotations) }
        var current = taken("current-metrics")?.array?.map { upgraded(metric: $0, "current") } ?? []
        if let percentage = object[path: "status", "currentCPUUtilizationPercentage"] {
            current.append(["type": "Resource", "resource": ["name": "cpu", "current": ["averageUtilization": percentage]]])
        }
        object["status", default: .emptyObject]["currentCPUUtilizationPercentage"] = nil
        if !current.isEmpty { object[path: "status", "currentMetrics"] = .array(current) }
        if let conditions = taken("conditions") { object[path: "status", "conditions"] = conditions }
        if object[path: "status", "currentReplicas"] == 0 { object["status", default: .emptyObject]["currentReplicas"] = nil }
        return settled(object, annotations)
    }

    /// A metric with v2's nesting: its numbers in `target` (of a specification) or `current` (of a status).
    private static func upgraded(metric: Value, _ place: String) -> Value {
        guard let kind = metric["type"]?.string, let field = fields[kind], let given = metric[field] else { return metric }
        var result = Value.emptyObject
        for name in ["name", "container"] { result[name] = given[name] }
        if kind == "Object" { result["describedObject"] = given["target"] }
        if let name = given["metricName"] {
            result["metric"] = ["name": name]
            if let selector = given["selector"] ?? given["metricSelector"] { result[path: "metric", "selector"] = selector }
        }
        var numbers = Value.emptyObject
        let sources =
            place == "target"
            ? ("targetValue", "targetAverageValue", "targetAverageUtilization")
            : ("currentValue", "currentAverageValue", "currentAverageUtilization")
        numbers["value"] = given[sources.0]
        numbers["averageValue"] = given["averageValue"] ?? given[sources.1]
        numbers["averageUtilization"] = given[sources.2]
        if place == "target" {
            let type = numbers["averageUtilization"] != nil ? "Utilization" : numbers["averageValue"] != nil ? "AverageValue" : "Value"
            numbers["type"] = .string(type)
            if type == "AverageValue" { numbers["value"] = nil }
        }
        result[place] = numbers
        return ["type": .string(kind), field: result]
    }

    // MARK: - v2 to v1

    private static func downgraded(_ object: Value) -> Value {
        var object = object
        var annotations = object[path: "metadata", "annotations"] ?? .emptyObject
        func put(_ name: String, _ value: Value?) {
            guard let value, value.array?.isEmpty != true else { return }
            annotations[prefix + name] = .string(value.jsonText)
        }
        var (cpu, others) = split(object[path: "spec", "metrics"], "target")
        object["spec", default: .emptyObject]["targetCPUUtilizationPercentage"] = cpu
        put("metrics", .array(others))
        put("behavior", object[path: "spec", "behavior"])
        for name in ["metrics", "behavior"] { object["spec", default: .emptyObject][name] = nil }
        if object["status"]?.object != nil {
            (cpu, others) = split(object[path: "status", "currentMetrics"], "current")
            object["status", default: .emptyObject]["currentCPUUtilizationPercentage"] = cpu
            put("current-metrics", .array(others))
            put("conditions", object[path: "status", "conditions"])
            for name in ["currentMetrics", "conditions"] { object["status", default: .emptyObject][name] = nil }
        }
        return settled(object, annotations)
    }

    /// The CPU utilization that v1 has a field for, and the other metrics in v1's form.
    private static func split(_ metrics: Value?, _ place: String) -> (Value?, [Value]) {
        var cpu: Value?
        var others: [Value] = []
        for metric in metrics?.array ?? [] {
            let utilization = metric[path: "resource", place, "averageUtilization"]
            if cpu == nil, let utilization, metric[path: "resource", "name"] == "cpu" {
                cpu = utilization
            } else {
                others.append(downgraded(metric: metric, place))
            }
        }
        return (cpu, others)
    }

    private static func downgraded(metric: Value, _ place: String) -> Value {
        guard let kind = metric["type"]?.string, let field = fields[kind], let given = metric[field] else { return metric }
        var result = Value.emptyObject
        for name in ["name", "container"] { result[name] = given[name] }
        if kind == "Object" { result["target"] = given["describedObject"] }
        if let metric = given["metric"] {
            result["metricName"] = metric["name"]
            result[kind == "External" ? "metricSelector" : "selector"] = metric["selector"]
        }
        let numbers = given[place] ?? .emptyObject
        let word = place == "target" ? "target" : "current"
        let value = numbers["value"]
        let average = numbers["averageValue"]
        switch kind {
        case "Object":
            result["\(word)Value"] = value ?? (average == nil ? nil : "0")
            result["averageValue"] = average
        case "External":
            result["\(word)Value"] = value ?? (place == "current" ? "0" : nil)
            result["\(word)AverageValue"] = average
        default:
            result["\(word)AverageValue"] = average
            result["\(word)AverageUtilization"] = numbers["averageUtilization"]
        }
        return ["type": .string(kind), field: result]
    }

    private static let fields = [
        "Object": "object", "Pods": "pods", "Resource": "resource", "ContainerResource": "containerResource", "External": "external",
    ]

    private static func settled(_ object: Value, _ annotations: Value) -> Value {
        var object = object
        object["metadata", default: .emptyObject]["annotations"] = annotations == .emptyObject ? nil : annotations
        return object
    }
}
