import ClusterObjects

/// What Go's types say of a field and its OpenAPI does not: whether its zero value is written. Source: k8s.io/api.
///
/// A field that OpenAPI gives a default is written always, a struct as `{}`; any other is left out when it is empty. These are the
/// exceptions, and the numbers and flags that are no pointers.
enum GoFields {
    /// Fields with a default in OpenAPI that are left out when empty all the same.
    static let omittedDefaults: Set<String> = [
        "autoscaling.v1.ScaleSpec.replicas", "core.v1.ReplicationControllerSpec.minReadySeconds", "core.v1.LocalObjectReference.name",
        "core.v1.ConfigMapEnvSource.name", "core.v1.ConfigMapKeySelector.name", "core.v1.ConfigMapProjection.name",
        "core.v1.ConfigMapVolumeSource.name", "core.v1.SecretEnvSource.name", "core.v1.SecretKeySelector.name",
        "core.v1.SecretProjection.name", "core.v1.NodeRuntimeHandler.name", "meta.v1.Status.metadata",
    ]

    /// Lists and pointers that are written as null when absent.
    static let nulls: Set<String> = [
        "rbac.v1.Role.rules", "rbac.v1.ClusterRole.rules", "autoscaling.v2.HorizontalPodAutoscalerStatus.currentMetrics",
        "discovery.v1.EndpointSlice.ports", "discovery.v1.EndpointSlice.endpoints", "core.v1.LimitRangeSpec.limits",
        "storage.v1.CSINodeSpec.drivers", "authentication.v1.TokenRequestSpec.boundObjectRef",
        "apiextensions.v1.CustomResourceDefinitionStatus.conditions",
    ]

    /// Quantities that are no pointers.
    static let zeroQuantities: Set<String> = ["core.v1.ResourceFieldSelector.divisor"]

    /// The types that have one of these.
    static let ownersOfWritten = Set(
        nulls.union(zeroQuantities).map { path in String(path[..<(path.lastIndex(of: ".") ?? path.endIndex)]) })

    /// Fields where an empty string means something else than absence.
    static let stringPointers: Set<String> = [
        "core.v1.PersistentVolumeClaimSpec.storageClassName", "discovery.v1.EndpointPort.name", "discovery.v1.EndpointPort.appProtocol",
        "networking.v1.IngressSpec.ingressClassName", "core.v1.PersistentVolumeClaimSpec.volumeAttributesClassName",
        "core.v1.PersistentVolumeSpec.volumeAttributesClassName", "core.v1.HostPathVolumeSource.type", "core.v1.GRPCAction.service",
        "coordination.v1.LeaseSpec.holderIdentity", "core.v1.PodSpec.runtimeClassName", "core.v1.ServicePort.appProtocol",
        "batch.v1.CronJobSpec.timeZone",
    ]

    /// Whether a time of this field is a pointer or left out when zero; every other is written as null.
    static func isOptionalTime(_ owner: String, _ field: String) -> Bool {
        owner.hasPrefix("resource.") || optionalTimes.contains(field) || owner == "core.v1.PodStatus" || owner == "batch.v1.JobStatus"
    }

    private static let optionalTimes: Set<String> = [
        "creationTimestamp", "deletionTimestamp", "time", "lastScaleTime", "lastScheduleTime", "lastSuccessfulTime", "acquireTime",
        "renewTime", "lastPhaseTransitionTime", "timeAdded",
    ]

    /// Whether zero or false is left out: numbers and flags that are no pointers.
    static func omitsZero(_ owner: String, _ field: String) -> Bool {
        if zeroOmitted.contains(field) {
            return field != "observedGeneration" || !owner.hasPrefix("autoscaling.")
        }
        return switch field {
        case "replicas", "active", "failed", "succeeded": owner.hasSuffix("Status")
        case "count": owner.hasSuffix("Event") || owner.hasSuffix("EventSeries")
        case "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold", "initialDelaySeconds": owner == "core.v1.Probe"
        case "partition": owner == "core.v1.AWSElasticBlockStoreVolumeSource" || owner == "core.v1.GCEPersistentDiskVolumeSource"
        case "priority": owner == "apiextensions.v1.CustomResourceColumnDefinition"
        case "preserveUnknownFields", "deprecated", "nullable", "exclusiveMaximum", "exclusiveMinimum", "uniqueItems",
            "x-kubernetes-embedded-resource", "x-kubernetes-int-or-string":
            owner.hasPrefix("apiextensions.")
        case "number": owner == "networking.v1.ServiceBackendPort"
        default: false
        }
    }

    private static let zeroOmitted: Set<String> = [
        "readOnly", "minReadySeconds", "observedGeneration", "paused", "hostIPC", "hostPID", "hostNetwork", "stdin", "stdinOnce", "tty",
        "hostPort", "nodePort", "healthCheckNodePort", "publishNotReadyAddresses", "unschedulable", "availableReplicas", "readyReplicas",
        "unavailableReplicas", "fullyLabeledReplicas", "currentReplicas", "updatedReplicas", "numberAvailable", "numberUnavailable",
        "updatedNumberScheduled", "deprecatedCount", "signal", "chapAuthDiscovery", "chapAuthSession", "sslEnabled",
        "insecureSkipTLSVerify", "globalDefault", "generation", "sizeBytes", "denied", "authenticated", "clusterScope",
    ]
}
