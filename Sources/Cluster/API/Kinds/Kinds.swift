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
        GroupVersionResource("", "v1", "configmaps"): configMap,
        GroupVersionResource("", "v1", "replicationcontrollers"): replicationController,
        GroupVersionResource("", "v1", "podtemplates"): podTemplate,
        GroupVersionResource("events.k8s.io", "v1", "events"): newEvent,
        GroupVersionResource("apps", "v1", "deployments"): deployment,
        GroupVersionResource("apps", "v1", "replicasets"): replicaSet,
        GroupVersionResource("batch", "v1", "jobs"): job,
        GroupVersionResource("coordination.k8s.io", "v1", "leases"): lease,
        GroupVersionResource("apps", "v1", "daemonsets"): daemonSet,
        GroupVersionResource("apps", "v1", "statefulsets"): statefulSet,
        GroupVersionResource("batch", "v1", "cronjobs"): cronJob,
        GroupVersionResource("", "v1", "persistentvolumeclaims"): persistentVolumeClaim,
        GroupVersionResource("", "v1", "persistentvolumes"): persistentVolume,
        GroupVersionResource("", "v1", "endpoints"): endpoints,
        GroupVersionResource("", "v1", "events"): event,
        GroupVersionResource("discovery.k8s.io", "v1", "endpointslices"): endpointSlice,
        GroupVersionResource("apiextensions.k8s.io", "v1", "customresourcedefinitions"): customResourceDefinition,
        GroupVersionResource("rbac.authorization.k8s.io", "v1", "roles"): rbac,
        GroupVersionResource("rbac.authorization.k8s.io", "v1", "clusterroles"): rbac,
        GroupVersionResource("rbac.authorization.k8s.io", "v1", "rolebindings"): rbac,
        GroupVersionResource("rbac.authorization.k8s.io", "v1", "clusterrolebindings"): rbac,
    ]
}
