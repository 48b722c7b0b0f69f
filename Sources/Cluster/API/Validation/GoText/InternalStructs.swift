/// The fields of the internal structs that messages show, in their order. Source: pkg/apis/core/types.go,
/// pkg/apis/apps/types.go, apiextensions-apiserver's pkg/apis/apiextensions/types_jsonschema.go.
enum InternalStructs {
    static let types: [String: [GoField]] = {
        var types: [String: [GoField]] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard let name = words.first else { continue }
            types[String(name), default: []] += words.dropFirst().map(GoField.init)
        }
        return types
    }()

    /// A struct a line, or several lines of the same name.
    private static let text = """
        PodSpec volumes[]Volume initContainers[]Container containers[]Container ephemeralContainers[]EphemeralContainer restartPolicy
        PodSpec terminationGracePeriodSeconds* activeDeadlineSeconds* dnsPolicy=DNSPolicy nodeSelector* serviceAccountName
        PodSpec automountServiceAccountToken* nodeName securityContext*PodSecurityContext imagePullSecrets[]LocalObjectReference hostname
        PodSpec subdomain setHostnameAsFQDN* affinity*Affinity schedulerName tolerations[]Toleration hostAliases[]HostAlias
        PodSpec priorityClassName priority* preemptionPolicy* dnsConfig=DNSConfig*PodDNSConfig readinessGates[]ReadinessGate
        PodSpec runtimeClassName* overhead* enableServiceLinks* topologySpreadConstraints[]TopologySpreadConstraint os=OS*PodOS
        PodSpec schedulingGates[]SchedulingGate resourceClaims[]PodResourceClaim resources*ResourceRequirements hostnameOverride*
        PodSpec schedulingGroup*SchedulingGroup
        SchedulingGroup podGroupName*
        PodSecurityContext hostNetwork! hostPID! hostIPC! shareProcessNamespace* hostUsers* seLinuxOptions=SELinuxOptions*SELinuxOptions
        PodSecurityContext windowsOptions*WindowsOptions runAsUser* runAsGroup* runAsNonRoot* supplementalGroups*
        PodSecurityContext supplementalGroupsPolicy* fsGroup=FSGroup* fsGroupChangePolicy=FSGroupChangePolicy* sysctls[]Sysctl
        PodSecurityContext seccompProfile*SeccompProfile appArmorProfile*SeccompProfile seLinuxChangePolicy=SELinuxChangePolicy*
        Container name image command* args* workingDir ports[]ContainerPort envFrom[]EnvFromSource env[]EnvVar
        Container resources:ResourceRequirements resizePolicy[]ResizePolicy restartPolicy* restartPolicyRules[]ContainerRestartRule
        Container volumeMounts[]VolumeMount volumeDevices[]VolumeDevice livenessProbe*Probe readinessProbe*Probe startupProbe*Probe
        Container lifecycle*Lifecycle terminationMessagePath terminationMessagePolicy imagePullPolicy securityContext*SecurityContext
        Container stdin! stdinOnce! tty=TTY!
        EphemeralContainer name image command* args* workingDir ports[]ContainerPort envFrom[]EnvFromSource env[]EnvVar
        EphemeralContainer resources:ResourceRequirements resizePolicy[]ResizePolicy restartPolicy*
        EphemeralContainer restartPolicyRules[]ContainerRestartRule volumeMounts[]VolumeMount volumeDevices[]VolumeDevice
        EphemeralContainer livenessProbe*Probe readinessProbe*Probe startupProbe*Probe lifecycle*Lifecycle terminationMessagePath
        EphemeralContainer terminationMessagePolicy imagePullPolicy securityContext*SecurityContext stdin! stdinOnce! tty=TTY!
        EphemeralContainer targetContainerName
        ContainerPort name hostPort# containerPort# protocol hostIP
        EnvFromSource prefix configMapRef*OptionalName secretRef*OptionalName
        OptionalName name optional*
        OptionalKey name key optional*
        EnvVar name value valueFrom*EnvVarSource
        EnvVarSource fieldRef*FieldRef resourceFieldRef*ResourceFieldRef configMapKeyRef*OptionalKey secretKeyRef*OptionalKey
        EnvVarSource fileKeyRef*FileKeyRef
        FileKeyRef volumeName path key optional*
        FieldRef apiVersion=APIVersion fieldPath
        ResourceFieldRef containerName resource divisor
        ResourceRequirements limits* requests* claims[]ResourceClaim
        ResourceClaim name request
        ResizePolicy resourceName restartPolicy
        ContainerRestartRule action exitCodes*ExitCodes
        ExitCodes operator values*
        VolumeMount name readOnly! recursiveReadOnly* mountPath subPath mountPropagation* subPathExpr
        VolumeDevice name devicePath
        Probe exec*Exec httpGet=HTTPGet*HTTPGet tcpSocket=TCPSocket*TCPSocket grpc=GRPC*GRPC initialDelaySeconds# timeoutSeconds#
        Probe periodSeconds# successThreshold# failureThreshold# terminationGracePeriodSeconds*
        Lifecycle postStart*Handler preStop*Handler stopSignal*
        Handler exec*Exec httpGet=HTTPGet*HTTPGet tcpSocket=TCPSocket*TCPSocket sleep*Sleep
        Exec command*
        HTTPGet path port# host scheme httpHeaders=HTTPHeaders[]HTTPHeader
        HTTPHeader name value
        TCPSocket port# host
        GRPC port# service*
        Sleep seconds#
        SecurityContext capabilities*Capabilities privileged* seLinuxOptions=SELinuxOptions*SELinuxOptions windowsOptions*WindowsOptions
        SecurityContext runAsUser* runAsGroup* runAsNonRoot* readOnlyRootFilesystem* allowPrivilegeEscalation* procMount*
        SecurityContext seccompProfile*SeccompProfile appArmorProfile*SeccompProfile
        Capabilities add* drop*
        SELinuxOptions user role type level
        WindowsOptions gmsaCredentialSpecName=GMSACredentialSpecName* gmsaCredentialSpec=GMSACredentialSpec* runAsUserName* hostProcess*
        SeccompProfile type localhostProfile*
        Sysctl name value
        LocalObjectReference name
        Affinity nodeAffinity*NodeAffinity podAffinity*PodAffinity podAntiAffinity*PodAffinity
        NodeAffinity requiredDuringSchedulingIgnoredDuringExecution*NodeSelector
        NodeAffinity preferredDuringSchedulingIgnoredDuringExecution[]PreferredTerm
        NodeSelector nodeSelectorTerms[]NodeSelectorTerm
        NodeSelectorTerm matchExpressions[]Requirement matchFields[]Requirement
        Requirement key operator values*
        PreferredTerm weight# preference:NodeSelectorTerm
        PodAffinity requiredDuringSchedulingIgnoredDuringExecution[]PodAffinityTerm
        PodAffinity preferredDuringSchedulingIgnoredDuringExecution[]WeightedTerm
        WeightedTerm weight# podAffinityTerm:PodAffinityTerm
        PodAffinityTerm labelSelector* namespaces* topologyKey namespaceSelector* matchLabelKeys* mismatchLabelKeys*
        Toleration key operator value effect tolerationSeconds*
        Taint key value effect timeAdded*
        HostAlias ip=IP hostnames*
        PodDNSConfig nameservers* searches* options[]DNSOption
        DNSOption name value*
        ReadinessGate conditionType
        SchedulingGate name
        PodOS name
        TopologySpreadConstraint maxSkew# topologyKey whenUnsatisfiable labelSelector* minDomains* nodeAffinityPolicy* nodeTaintsPolicy*
        TopologySpreadConstraint matchLabelKeys*
        PodResourceClaim name resourceClaimName* resourceClaimTemplateName*
        Volume name hostPath*HostPath emptyDir*EmptyDir gcePersistentDisk=GCEPersistentDisk*GCEPersistentDisk
        Volume awsElasticBlockStore=AWSElasticBlockStore* gitRepo*GitRepo secret*SecretVolume nfs=NFS*NFS iscsi=ISCSI* glusterfs*
        Volume persistentVolumeClaim*ClaimVolume rbd=RBD* quobyte* flexVolume* cinder* cephfs=CephFS* flocker* downwardAPI*DownwardVolume
        Volume fc=FC* azureFile* configMap*ConfigMapVolume vsphereVolume* azureDisk* photonPersistentDisk* projected*ProjectedVolume
        Volume portworxVolume* scaleIO* storageos=StorageOS* csi=CSI*CSIVolume ephemeral*EphemeralVolume image*ImageVolume
        HostPath path type*
        EmptyDir medium sizeLimit*
        GCEPersistentDisk pdName=PDName fsType=FSType partition# readOnly!
        GitRepo repository revision directory
        NFS server path readOnly!
        SecretVolume secretName items[]KeyToPath defaultMode* optional*
        ConfigMapVolume name items[]KeyToPath defaultMode* optional*
        KeyToPath key path mode*
        ClaimVolume claimName readOnly!
        DownwardVolume items[]DownwardFile defaultMode*
        DownwardFile path fieldRef*FieldRef resourceFieldRef*ResourceFieldRef mode*
        ProjectedVolume sources[]Projection defaultMode*
        Projection secret*NamedItems downwardAPI*DownwardItems configMap*NamedItems serviceAccountToken*TokenProjection
        Projection clusterTrustBundle* podCertificate*
        NamedItems name items[]KeyToPath optional*
        DownwardItems items[]DownwardFile
        TokenProjection audience expirationSeconds# path
        CSIVolume driver readOnly* fsType=FSType* volumeAttributes* nodePublishSecretRef*LocalObjectReference
        ImageVolume reference pullPolicy
        EphemeralVolume volumeClaimTemplate*
        ClaimSpec accessModes* selector* resources:VolumeResources volumeName storageClassName* volumeMode* dataSource*DataSource
        ClaimSpec dataSourceRef*DataSourceRef volumeAttributesClassName*
        VolumeResources limits* requests*
        DataSource apiGroup=APIGroup* kind name
        DataSourceRef apiGroup=APIGroup* kind name namespace*
        DeploymentStrategy type rollingUpdate*RollingUpdate
        RollingUpdate maxUnavailable# maxSurge#
        StatefulSetStrategy type rollingUpdate*StatefulSetRollingUpdate
        StatefulSetRollingUpdate partition* maxUnavailable*
        PodFailurePolicy rules[]PodFailureRule
        PodFailureRule action onExitCodes*PodFailureCodes onPodConditions[]PodFailureCondition
        PodFailureCodes containerName* operator values*
        PodFailureCondition type status
        SuccessPolicy rules[]SuccessRule
        SuccessRule succeededIndexes* succeededCount*
        UncountedTerminatedPods succeeded* failed*
        RoleRef apiGroup=APIGroup kind name
        ParentReference group resource namespace name
        AttachmentSpec attacher source:AttachmentSource nodeName
        AttachmentSource persistentVolumeName* inlineVolumeSpec*
        ServicePort name protocol appProtocol* port# targetPort# nodePort#
        NodeAddress type address
        ValidationRule rule message messageExpression reason* fieldPath optionalOldSelf*
        """
}
