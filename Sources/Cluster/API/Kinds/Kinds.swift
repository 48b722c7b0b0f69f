import ClusterObjects

/// The rules of built-in kinds, a file each in this folder: what their schemas do not say.
enum Kinds {
    /// Fills in a resource that was made from the embedded facts: rules, selectable fields, scale paths.
    static func complete(_ resource: inout Resource) {
        table[resource.gvr]?(&resource)
    }

    /// A row a kind. A kind without a row has no rules beyond its schema.
    private static let table: [GroupVersionResource: @Sendable (inout Resource) -> Void] = [
        GroupVersionResource("", "v1", "pods"): pod,
        GroupVersionResource("", "v1", "namespaces"): namespace,
        GroupVersionResource("", "v1", "nodes"): node,
        GroupVersionResource("", "v1", "services"): service,
        GroupVersionResource("", "v1", "secrets"): secret,
        GroupVersionResource("apps", "v1", "deployments"): deployment,
        GroupVersionResource("apps", "v1", "replicasets"): replicaSet,
        GroupVersionResource("batch", "v1", "jobs"): job,
        GroupVersionResource("coordination.k8s.io", "v1", "leases"): lease,
    ]
}
