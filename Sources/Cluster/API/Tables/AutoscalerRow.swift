import ClusterObjects

/// The row of a HorizontalPodAutoscaler, of either of its two versions.
enum AutoscalerRow {
    static func cells(_ object: Tree, _ now: Timestamp) -> [Value] {
        let (spec, status) = (object["spec"] ?? Value.emptyObject.tree, object["status"] ?? Value.emptyObject.tree)
        let target = spec["scaleTargetRef"]
        let minimum = spec["minReplicas"]?.int.map(String.init) ?? CellTexts.unset
        return [
            .string("\(target?.text("kind") ?? "")/\(target?.text("name") ?? "")"),
            .string(CellTexts.some(metrics(spec, status), most: 2, separator: ", ", empty: CellTexts.none)), .string(minimum),
            Value(spec.number("maxReplicas")), Value(status.number("currentReplicas")), TableRows.age(object, now),
        ]
    }

    private static func metrics(_ spec: Tree, _ status: Tree) -> [String] {
        if let target = spec["targetCPUUtilizationPercentage"]?.int {
            let current = status["currentCPUUtilizationPercentage"]?.int.map { "\($0)%" } ?? CellTexts.unknown
            return ["cpu: \(current)/\(target)%"]
        }
        let current = Array(status.elements("currentMetrics"))
        return spec.elements("metrics").enumerated().map { index, metric in
            text(metric, index < current.count ? current[index] : nil)
        }
    }

    private static func text(_ metric: Tree, _ current: Tree?) -> String {
        let fields = [
            "External": "external", "Pods": "pods", "Object": "object", "Resource": "resource",
            "ContainerResource": "containerResource",
        ]
        let type = metric.text("type")
        guard let field = fields[type] else { return "<unknown type>" }
        let target = metric[field]?["target"]
        let now = current?[field]?["current"]
        let average = target?.scalar("averageValue")
        switch type {
        case "External", "Object":
            if let average { return "\(now?.scalar("averageValue") ?? CellTexts.unknown)/\(average) (avg)" }
            return "\(now?.scalar("value") ?? CellTexts.unknown)/\(target?.scalar("value") ?? "")"
        case "Pods": return "\(now?.scalar("averageValue") ?? CellTexts.unknown)/\(average ?? "")"
        default:
            let name = metric[field]?.text("name") ?? ""
            if let average { return "\(name): \(now?.scalar("averageValue") ?? CellTexts.unknown)/\(average)" }
            let utilization = target?["averageUtilization"]?.int.map { "\($0)%" } ?? "<auto>"
            return "\(name): \(now?["averageUtilization"]?.int.map { "\($0)%" } ?? CellTexts.unknown)/\(utilization)"
        }
    }
}
