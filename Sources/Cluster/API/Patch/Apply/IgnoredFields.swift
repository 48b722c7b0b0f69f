import ClusterObjects

/// Which fields a writer never comes to manage.
enum IgnoredFields {
    /// What the server itself sets.
    static let always: FieldSet = {
        var set = FieldSet(path: ["apiVersion"]).union(FieldSet(path: ["kind"])).union(FieldSet(path: ["metadata"]))
        for name in [
            "name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation", "managedFields", "resourceVersion",
        ] { set = set.union(FieldSet(path: ["metadata", name])) }
        return set
    }()

    private static let status = FieldSet(path: ["status"])
    private static let spec = FieldSet(path: ["spec"])

    /// What a write to this endpoint does not change (the `GetResetFields` of Kubernetes' strategies).
    static func of(_ resource: Resource, _ subresource: String) -> FieldSet {
        switch subresource {
        case "status":
            switch (resource.group, resource.plural) {
            case ("apps", "deployments"): return spec.union(FieldSet(path: ["metadata", "labels"]))
            case ("", "pods"):
                return spec.union(FieldSet(path: ["metadata", "deletionTimestamp"]))
                    .union(FieldSet(path: ["metadata", "ownerReferences"]))
            case ("apiextensions.k8s.io", "customresourcedefinitions"): return spec.union(FieldSet(path: ["metadata"]))
            default: return spec
            }
        case "scale": return FieldSet()
        default: return resource.subresource("status") == nil && !resource.rules.hasStatus ? FieldSet() : status
        }
    }
}
