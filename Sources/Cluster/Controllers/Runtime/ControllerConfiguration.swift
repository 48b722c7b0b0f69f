import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterTransport

/// How the controllers are set up; kube-controller-manager's flags of the same names. Times in seconds.
public struct ControllerConfiguration: Sendable {
    public var nodeMonitorGracePeriod = 50.0
    public var nodeMonitorPeriod = 5.0
    /// Finished pods that are kept; none is deleted for their number when it is 0.
    public var terminatedPodGCThreshold = 12_500
    /// From which every node gets a range of pod addresses; nil gives out none.
    public var clusterCIDR = AddressRange("10.244.0.0/16")
    public var nodeCIDRMaskSize = 24
    /// What `kube-root-ca.crt` says and signs certificates; nil publishes and signs none.
    public var authority: ClusterCA?

    /// Makes a token of a service account for a Secret.
    public typealias TokenSigner = @Sendable (_ secret: ObjectKey, _ account: String, _ accountUID: String) throws -> String
    /// Signs the tokens that Secrets hold; nil fills none.
    public var tokenSigner: TokenSigner?

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
            EndpointSliceMirroring(),
            EndpointsController(),
            NodeLifecycle(gracePeriod: nodeMonitorGracePeriod, period: nodeMonitorPeriod),
            NodeRegistration(clusterCIDR: clusterCIDR, nodeMask: nodeCIDRMaskSize),
            TaintEviction(),
            PodGarbageCollector(),
            FinishedPodCollector(threshold: terminatedPodGCThreshold),
            EphemeralVolumeController(),
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
        if let authority, let tokenSigner { all.append(TokenSecrets(certificate: authority.certificatePEM, sign: tokenSigner)) }
        return all
    }
}
