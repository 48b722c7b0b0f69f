import ClusterObjects

/// What a client is told of a Service that is accepted. Source: pkg/api/service/warnings.go.
enum ServiceWarnings {
    @Sendable static func warnings(_ service: Value, _ old: Value?) -> [String] {
        let spec = service["spec"] ?? .emptyObject
        var warnings: [String] = []
        if !spec.list("externalIPs").isEmpty {
            warnings.append("spec.externalIPs is deprecated and may no longer be implemented in some clusters")
        }
        if spec.text("trafficDistribution") == "PreferClose" {
            warnings.append("spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"")
        }
        return warnings
    }
}
