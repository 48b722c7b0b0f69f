/// The admission plugins there are, in Kubernetes' order (pkg/kubeapiserver/options/plugins.go).
public enum AdmissionCatalogue {
    /// Of every plugin: what it is, whether it is on by itself.
    static let all: [(plugin: any AdmissionPlugin, isOn: Bool)] = [
        (AlwaysAdmit(), false), (NamespaceLifecycle(), true), (NamespaceExists(), false), (LimitPodHardAntiAffinityTopology(), false),
        (LimitRanger(), true), (ServiceAccountAdmission(), true), (NodeRestriction(), true), (TaintNodesByCondition(), true),
        (AlwaysPullImages(), false), (PodSecurityAdmission(), true), (PriorityAdmission(), true), (DefaultTolerationSeconds(), true),
        (ExtendedResourceToleration(), false), (DefaultStorageClass(), true), (StorageObjectInUseProtection(), true),
        (OwnerReferenceEnforcement(), false), (ClaimResize(), true), (RuntimeClassAdmission(), true), (CertificateApproval(), true),
        (CertificateSigning(), true), (CertificateSubjectRestriction(), true), (DefaultIngressClass(), true),
        (DenyServiceExternalIPs(), false), (PodTopologyLabels(), true), (AlwaysDeny(), false),
    ]

    /// What Kubernetes has besides: to leave out is no mistake, to ask for is.
    private static let absent: Set<String> = [
        "NamespaceAutoProvision", "ImagePolicyWebhook", "PodNodeSelector", "PodTolerationRestriction", "EventRateLimit",
        "ClusterTrustBundleAttest", "PodGroupProtection", "PodGroupWorkloadExists", "NodeDeclaredFeatureValidator", "JobValidation",
        "PodResizeValidator", "MutatingAdmissionPolicy", "MutatingAdmissionWebhook", "ValidatingAdmissionPolicy",
        "ValidatingAdmissionWebhook",
    ]
    /// In Kubernetes always on; that an object is refused for them here says so.
    private static let isOnThere: Set<String> = absent.subtracting([
        "NamespaceAutoProvision", "ImagePolicyWebhook", "PodNodeSelector", "PodTolerationRestriction", "EventRateLimit",
    ])

    /// What is wrong with `--enable-admission-plugins` and `--disable-admission-plugins`, worded as kube-apiserver does; nil for nothing.
    public static func problem(enabled: Set<String>, disabled: Set<String>) -> String? {
        let known = Set(all.map(\.plugin.name)).union(absent).union([QuotaLedger.name])
        for (flag, names) in [("enable-admission-plugins", enabled), ("disable-admission-plugins", disabled)] {
            if let unknown = names.subtracting(known).min() { return "\(flag) plugin \"\(unknown)\" is unknown" }
        }
        let both = enabled.intersection(disabled).sorted()
        if !both.isEmpty {
            return "[\(both.joined(separator: " "))] in enable-admission-plugins and disable-admission-plugins overlapped"
        }
        if let missing = enabled.intersection(absent).subtracting(isOnThere).min() {
            return "enable-admission-plugins plugin \"\(missing)\" is not part of this server"
        }
        return nil
    }
}
