import ClusterObjects

/// What HorizontalPodAutoscalers must be, in both versions. Source: pkg/apis/autoscaling/validation.
enum AutoscalerRules {
    private static let path = FieldPath("spec")
    /// Sources of metrics by their type, and the field of each.
    private static let sources = [
        "Object": "object", "External": "external", "Pods": "pods", "Resource": "resource", "ContainerResource": "containerResource",
    ]
    private static let order = ["Object", "External", "Pods", "Resource", "ContainerResource"]

    @Sendable static func validate(_ scaler: Value) -> [Problem] {
        let spec = scaler["spec"] ?? .emptyObject
        var problems: [Problem] = []
        let least = spec["minReplicas"]?.int
        if let least, least < 1 {
            problems.append(.invalid(path / "minReplicas", Value(least), "must be greater than or equal to 1"))
        }
        let most = spec.number("maxReplicas")
        if most < 1 { problems.append(.required(path / "maxReplicas", "must be set and greater than 0")) }
        if let least, most < least {
            problems.append(
                .invalid(path / "maxReplicas", Value(most), "must be greater than or equal to `minReplicas`"))
        }
        target(spec["scaleTargetRef"] ?? .emptyObject, path / "scaleTargetRef", &problems)
        if let percent = spec["targetCPUUtilizationPercentage"]?.int, percent < 1 {
            problems.append(.invalid(path / "targetCPUUtilizationPercentage", Value(percent), "must be greater than 0"))
        }
        let metrics = spec.list("metrics")
        for (index, metric) in metrics.enumerated() {
            self.metric(metric, (path / "metrics").index(index), &problems)
        }
        if least == 0, !metrics.contains(where: { ["Object", "External"].contains($0.text("type")) }) {
            problems.append(
                .forbidden(
                    path / "metrics", "must specify at least one Object or External metric to support scaling to zero replicas"))
        }
        for direction in ["scaleUp", "scaleDown"] {
            if let rules = spec["behavior"]?.part(direction) { scaling(rules, path / "behavior" / direction, &problems) }
        }
        return problems
    }

    @Sendable static func validateUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        if subresource.isEmpty { return validate(new) }
        var problems: [Problem] = []
        for key in ["currentReplicas", "desiredReplicas"] {
            problems.nonnegative(new["status"] ?? .emptyObject, key, FieldPath("status"))
        }
        return problems
    }

    private static func target(_ reference: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        for key in ["kind", "name"] {
            let text = reference.text(key)
            if text.isEmpty {
                problems.append(.required(path / key))
            } else {
                problems.add(path / key, text, NameFormats.pathSegment(text))
            }
        }
        let version = reference.text("apiVersion")
        // Of the core group only replication controllers scale.
        if version == "v1", reference.text("kind") == "ReplicationController" { return }
        if GroupVersion(apiVersion: version)?.group ?? "" == "" {
            problems.append(.invalid(path / "apiVersion", .string(version), "apiVersion must specify API group"))
        }
    }

    private static func metric(_ metric: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let type = metric.text("type")
        if type.isEmpty { problems.append(.required(path / "type", "must specify a metric source type")) }
        let unsupported = Problem.notSupported(path / "type", .string(type), order)
        if sources[type] == nil { problems.append(unsupported) }
        let present = order.compactMap { sources[$0] }.filter { metric.has($0) }
        if present.count == 1, let field = present.first {
            source(metric[field] ?? .emptyObject, field, path / field, &problems)
        }
        guard let expected = sources[type] else { return problems.append(unsupported) }
        if !metric.has(expected) {
            problems.append(.required(path / expected, "must populate information for the given metric source"))
        }
        if present.count != 1 {
            for field in present where field != expected {
                problems.append(.forbidden(path / field, "must populate the given metric source only"))
            }
        }
    }

    private static func source(_ source: Value, _ field: String, _ path: FieldPath, _ problems: inout [Problem]) {
        if field == "resource" || field == "containerResource" {
            problems.required(source, "name", path, "must specify a resource name")
            if field == "containerResource" { problems.required(source, "container", path, "must specify a container") }
        } else {
            let metric = source["metric"] ?? .emptyObject
            let name = metric.text("name")
            if name.isEmpty {
                problems.append(.required(path / "metric" / "name", "must specify a metric name"))
            } else {
                problems.add(path / "metric" / "name", name, NameFormats.pathSegment(name))
            }
            if field == "object" { target(source["describedObject"] ?? .emptyObject, path / "describedObject", &problems) }
        }
        let target = source["target"] ?? .emptyObject
        let here = path / "target"
        let type = target.text("type")
        if type.isEmpty {
            problems.append(.required(here / "type", "must specify a metric target type"))
        } else if !["Utilization", "Value", "AverageValue"].contains(type) {
            problems.append(.invalid(here / "type", .string(type), "must be either Utilization, Value, or AverageValue"))
        }
        for key in ["value", "averageValue"] {
            if let amount = target[key]?.quantity, amount.isNegative || amount.isZero {
                problems.append(.invalid(here / key, .string(amount.description), "must be positive"))
            }
        }
        if let percent = target["averageUtilization"]?.int, percent < 1 {
            problems.append(.invalid(here / "averageUtilization", Value(percent), "must be greater than 0"))
        }
        let given = ["value", "averageValue", "averageUtilization"].filter { target.has($0) }
        if given.isEmpty, !type.isEmpty {
            let wanted = field.lowercased().hasSuffix("resource") ? "averageUtilization" : field == "pods" ? "averageValue" : "averageValue"
            problems.append(.required(here / wanted, "must set either a target raw value or a target utilization"))
        }
    }

    private static func scaling(_ rules: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        if let seconds = rules["stabilizationWindowSeconds"]?.int {
            let here = path / "stabilizationWindowSeconds"
            if seconds < 0 { problems.append(.invalid(here, Value(seconds), "must be greater than or equal to zero")) }
            if seconds > 3600 { problems.append(.invalid(here, Value(seconds), "must be less than or equal to 3600")) }
        }
        problems.oneOfIfSet(rules, "selectPolicy", ["Disabled", "Max", "Min"], path)
        let policies = rules.list("policies")
        if policies.isEmpty { problems.append(.required(path / "policies", "must specify at least one Policy")) }
        for (index, policy) in policies.enumerated() {
            let here = (path / "policies").index(index)
            let type = policy.text("type")
            if type != "Percent", type != "Pods" {
                problems.append(.notSupported(here / "type", .string(type), ["Percent", "Pods"]))
            }
            for key in ["value", "periodSeconds"] where policy.number(key) <= 0 {
                problems.append(.invalid(here / key, Value(policy.number(key)), [Problem].notPositive))
            }
            if policy.number("periodSeconds") > 1800 {
                problems.append(
                    .invalid(
                        here / "periodSeconds", Value(policy.number("periodSeconds")), "must be less than or equal to 1800"))
            }
        }
    }
}
