import ClusterObjects

extension PodSecurityStandards {
    private typealias Subject = PodSecuritySubject

    /// What `restricted` forbids beyond the baseline, sorted by name.
    static let restricted: [Check] = [
        Check(id: "allowPrivilegeEscalation", versions: [(8, escalation), (25, { $0.isForWindows ? nil : escalation($0) })]),
        Check(
            id: "capabilities_restricted", versions: [(22, capabilities), (25, { $0.isForWindows ? nil : capabilities($0) })],
            replaces: "capabilities_baseline"),
        Check(id: "procMount_restricted", versions: [(35, procMount)], replaces: "procMount"),
        Check(id: "restrictedVolumes", versions: [(0, volumeTypes)], replaces: "hostPathVolumes"),
        Check(id: "runAsNonRoot", versions: [(0, runAsNonRoot), (35, { $0.hasOwnUsers ? nil : runAsNonRoot($0) })]),
        Check(id: "runAsUser", versions: [(23, runAsUser), (35, { $0.hasOwnUsers ? nil : runAsUser($0) })]),
        Check(
            id: "seccompProfile_restricted", versions: [(19, requiredSeccomp), (25, { $0.isForWindows ? nil : requiredSeccomp($0) })],
            replaces: "seccompProfile_baseline"),
    ]

    private static func escalation(_ pod: PodSecuritySubject) -> Violation? {
        let names = pod.names { $0[path: "securityContext", "allowPrivilegeEscalation"]?.bool != false }
        if names.isEmpty { return nil }
        return Violation(
            reason: "allowPrivilegeEscalation != false",
            detail: "\(Subject.containers(names)) must set securityContext.allowPrivilegeEscalation=false")
    }

    private static func capabilities(_ pod: PodSecuritySubject) -> Violation? {
        func added(_ container: Value) -> [String] {
            (container[path: "securityContext", "capabilities", "add"]?.strings ?? []).filter { $0 != "NET_BIND_SERVICE" }
        }
        let keeping = pod.names { !($0[path: "securityContext", "capabilities", "drop"]?.strings ?? []).contains("ALL") }
        let adding = pod.names { !added($0).isEmpty }
        var details: [String] = []
        if !keeping.isEmpty { details.append("\(Subject.containers(keeping)) must set securityContext.capabilities.drop=[\"ALL\"]") }
        if !adding.isEmpty {
            let all = Subject.quoted(Set(pod.containers.flatMap(added)))
            details.append("\(Subject.containers(adding)) must not include \(all) in securityContext.capabilities.add")
        }
        return details.isEmpty ? nil : Violation(reason: "unrestricted capabilities", detail: details.joined(separator: "; "))
    }

    private static let volumes: Set<String> = [
        "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret",
    ]
    private static let otherVolumes = [
        "hostPath", "gcePersistentDisk", "awsElasticBlockStore", "gitRepo", "nfs", "iscsi", "glusterfs", "rbd", "flexVolume", "cinder",
        "cephfs", "flocker", "fc", "azureFile", "vsphereVolume", "quobyte", "azureDisk", "photonPersistentDisk", "portworxVolume",
        "scaleIO", "storageos",
    ]

    private static func volumeTypes(_ pod: PodSecuritySubject) -> Violation? {
        let bad = (pod.spec["volumes"]?.array ?? []).filter { volume in !volumes.contains { volume[$0]?.object != nil } }
        if bad.isEmpty { return nil }
        let types = Set(bad.map { volume in otherVolumes.first { volume[$0]?.object != nil } ?? "unknown" })
        let names = Subject.quoted(bad.map { $0["name"]?.string ?? "" })
        let verb = Subject.plural(bad.count, "uses", "use")
        let noun = Subject.plural(types.count, "restricted volume type", "restricted volume types")
        return Violation(
            reason: "restricted volume types",
            detail: "\(Subject.plural(bad.count, "volume", "volumes")) \(names) \(verb) \(noun) \(Subject.quoted(types))")
    }

    private static func runAsNonRoot(_ pod: PodSecuritySubject) -> Violation? {
        let reason = "runAsNonRoot != true"
        let ofPod = pod.context?["runAsNonRoot"]?.bool
        let explicit = pod.names { $0[path: "securityContext", "runAsNonRoot"]?.bool == false }
        if ofPod == false || !explicit.isEmpty {
            return Violation(
                reason: reason, detail: "\(Subject.setters(pod: ofPod == false, explicit)) must not set securityContext.runAsNonRoot=false")
        }
        let silent = pod.names { $0[path: "securityContext", "runAsNonRoot"]?.bool == nil }
        if ofPod == true || silent.isEmpty { return nil }
        return Violation(reason: reason, detail: "pod or \(Subject.containers(silent)) must set securityContext.runAsNonRoot=true")
    }

    private static func runAsUser(_ pod: PodSecuritySubject) -> Violation? {
        let podIsRoot = pod.context?["runAsUser"]?.int == 0
        let names = pod.names { $0[path: "securityContext", "runAsUser"]?.int == 0 }
        guard podIsRoot || !names.isEmpty else { return nil }
        return Violation(reason: "runAsUser=0", detail: "\(Subject.setters(pod: podIsRoot, names)) must not set runAsUser=0")
    }

    private static func requiredSeccomp(_ pod: PodSecuritySubject) -> Violation? {
        if let wrong = seccompProfile(pod) { return wrong }
        let silent = pod.names { $0[path: "securityContext", "seccompProfile"]?.object == nil }
        if pod.context?["seccompProfile"]?.object != nil || silent.isEmpty { return nil }
        return Violation(
            reason: "seccompProfile",
            detail:
                "pod or \(Subject.containers(silent)) must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"")
    }
}
