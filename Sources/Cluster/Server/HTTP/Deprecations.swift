import ClusterAPI
import ClusterObjects

/// Kinds that every request is warned about.
enum Deprecations {
    private static let texts: [GroupVersionResource: String] = [
        GroupVersionResource("", "v1", "endpoints"): "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
        GroupVersionResource("", "v1", "componentstatuses"): "v1 ComponentStatus is deprecated in v1.19+",
    ]

    static func warning(of resource: Resource) -> String? { texts[resource.gvr] }

    /// What a deletion that leaves the pods of jobs behind says, when nobody has asked for that.
    static let jobDeletion =
        "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning"
}
