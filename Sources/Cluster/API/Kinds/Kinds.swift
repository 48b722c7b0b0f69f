import ClusterObjects

/// The rules of built-in kinds, a file each in this folder: what their schemas do not say.
enum Kinds {
    /// Fills in a resource that was made from the embedded facts: rules, selectable fields, scale paths.
    static func complete(_ resource: inout Resource) {
        if let rules = table[resource.gvr] {
            rules(&resource)
        } else if resource.subresource("status") != nil {
            StatusOwnership.rules(&resource, generation: true)
        }
    }

    /// A row a kind. A kind without a row has no rules beyond its schema, and a status of its own where it has that subresource.
    private static let table: [GroupVersionResource: @Sendable (inout Resource) -> Void] = [
        GroupVersionResource("", "v1", "configmaps"): configMap,
        GroupVersionResource("", "v1", "endpoints"): endpoints,
        GroupVersionResource("", "v1", "events"): event,
        GroupVersionResource("", "v1", "limitranges"): limitRange,
        GroupVersionResource("", "v1", "namespaces"): namespace,
        GroupVersionResource("", "v1", "nodes"): node,
        GroupVersionResource("", "v1", "persistentvolumeclaims"): persistentVolumeClaim,
        GroupVersionResource("", "v1", "persistentvolumes"): persistentVolume,
        GroupVersionResource("", "v1", "pods"): pod,
        GroupVersionResource("", "v1", "podtemplates"): podTemplate,
        GroupVersionResource("", "v1", "replicationcontrollers"): replicationController,
        GroupVersionResource("", "v1", "resourcequotas"): resourceQuota,
        GroupVersionResource("", "v1", "secrets"): secret,
        GroupVersionResource("", "v1", "services"): service,
        GroupVersionResource("admissionregistration.k8s.io", "v1", "mutatingadmissionpolicies"): mutatingAdmissionPolicy,
        GroupVersionResource("admissionregistration.k8s.io", "v1", "mutatingadmissionpolicybindings"): mutatingAdmissionPolicyBinding,
        GroupVersionResource("admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations"): mutatingWebhookConfiguration,
        GroupVersionResource("admissionregistration.k8s.io", "v1", "validatingadmissionpolicies"): validatingAdmissionPolicy,
        GroupVersionResource("admissionregistration.k8s.io", "v1", "validatingadmissionpolicybindings"): validatingAdmissionPolicyBinding,
        GroupVersionResource("admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations"): validatingWebhookConfiguration,
        GroupVersionResource("apiextensions.k8s.io", "v1", "customresourcedefinitions"): customResourceDefinition,
        GroupVersionResource("apiregistration.k8s.io", "v1", "apiservices"): apiService,
        GroupVersionResource("apps", "v1", "controllerrevisions"): controllerRevision,
        GroupVersionResource("apps", "v1", "daemonsets"): daemonSet,
        GroupVersionResource("apps", "v1", "deployments"): deployment,
        GroupVersionResource("apps", "v1", "replicasets"): replicaSet,
        GroupVersionResource("apps", "v1", "statefulsets"): statefulSet,
        GroupVersionResource("autoscaling", "v1", "horizontalpodautoscalers"): oldAutoscaler,
        GroupVersionResource("autoscaling", "v2", "horizontalpodautoscalers"): autoscaler,
        GroupVersionResource("batch", "v1", "cronjobs"): cronJob,
        GroupVersionResource("batch", "v1", "jobs"): job,
        GroupVersionResource("certificates.k8s.io", "v1", "certificatesigningrequests"): certificateRequest,
        GroupVersionResource("coordination.k8s.io", "v1", "leases"): lease,
        GroupVersionResource("discovery.k8s.io", "v1", "endpointslices"): endpointSlice,
        GroupVersionResource("events.k8s.io", "v1", "events"): newEvent,
        GroupVersionResource("flowcontrol.apiserver.k8s.io", "v1", "flowschemas"): flowSchema,
        GroupVersionResource("flowcontrol.apiserver.k8s.io", "v1", "prioritylevelconfigurations"): priorityLevel,
        GroupVersionResource("networking.k8s.io", "v1", "ingressclasses"): ingressClass,
        GroupVersionResource("networking.k8s.io", "v1", "ingresses"): ingress,
        GroupVersionResource("networking.k8s.io", "v1", "ipaddresses"): ipAddress,
        GroupVersionResource("networking.k8s.io", "v1", "networkpolicies"): networkPolicy,
        GroupVersionResource("networking.k8s.io", "v1", "servicecidrs"): serviceCIDR,
        GroupVersionResource("node.k8s.io", "v1", "runtimeclasses"): runtimeClass,
        GroupVersionResource("policy", "v1", "poddisruptionbudgets"): disruptionBudget,
        GroupVersionResource("rbac.authorization.k8s.io", "v1", "clusterrolebindings"): clusterRoleBinding,
        GroupVersionResource("rbac.authorization.k8s.io", "v1", "clusterroles"): clusterRole,
        GroupVersionResource("rbac.authorization.k8s.io", "v1", "rolebindings"): roleBinding,
        GroupVersionResource("rbac.authorization.k8s.io", "v1", "roles"): role,
        GroupVersionResource("resource.k8s.io", "v1", "deviceclasses"): deviceClass,
        GroupVersionResource("resource.k8s.io", "v1", "resourceclaims"): resourceClaim,
        GroupVersionResource("resource.k8s.io", "v1", "resourceclaimtemplates"): resourceClaimTemplate,
        GroupVersionResource("resource.k8s.io", "v1", "resourceslices"): resourceSlice,
        GroupVersionResource("scheduling.k8s.io", "v1", "priorityclasses"): priorityClass,
        GroupVersionResource("storage.k8s.io", "v1", "csidrivers"): csiDriver,
        GroupVersionResource("storage.k8s.io", "v1", "csinodes"): csiNode,
        GroupVersionResource("storage.k8s.io", "v1", "csistoragecapacities"): csiStorageCapacity,
        GroupVersionResource("storage.k8s.io", "v1", "storageclasses"): storageClass,
        GroupVersionResource("storage.k8s.io", "v1", "volumeattachments"): volumeAttachment,
        GroupVersionResource("storage.k8s.io", "v1", "volumeattributesclasses"): volumeAttributesClass,
    ]
}
