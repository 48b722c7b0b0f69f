import ClusterAPI
import ClusterTransport

/// How the controllers are set up; kube-controller-manager's flags of the same names. Times in seconds.
public struct ControllerConfiguration: Sendable {
    public var nodeMonitorGracePeriod = 50.0
    public var nodeMonitorPeriod = 5.0
    /// From which every node gets a range of pod addresses; nil gives out none.
    public var clusterCIDR = AddressRange("10.244.0.0/16")
    public var nodeCIDRMaskSize = 24
    /// What `kube-root-ca.crt` says and signs certificates; nil publishes and signs none.
    public var authority: ClusterCA?

    public init() {}

    /// Every controller there is.
    func controllers(_ registry: Registry) -> [any Controller] {
        var all: [any Controller] = [
            ReplicaSetController(flavour: .replicaSet),
            ReplicaSetController(flavour: .replicationController),
            DeploymentController(),
            NamespaceController(registry: registry),
            DefaultServiceAccount(),
            EndpointSliceController(),
            EndpointsController(),
            NodeLifecycle(gracePeriod: nodeMonitorGracePeriod, period: nodeMonitorPeriod),
            NodeRegistration(clusterCIDR: clusterCIDR, nodeMask: nodeCIDRMaskSize),
            TaintEviction(),
            PodGarbageCollector(),
            StatefulSetController(),
            DaemonSetController(),
            JobController(),
            JobPodRelease(),
            JobExpiry(),
            CronJobController(),
            DisruptionController(),
            ClaimBinder(),
            VolumePhase(),
            ClaimProtection(),
            VolumeProtection(),
            QuotaController(registry: registry),
            ClusterRoleAggregation(),
            CertificateExpiry(),
        ]
        if let authority { all += [RootCAPublisher(certificate: authority.certificatePEM), CertificateSigner(authority: authority)] }
        return all
    }
}
