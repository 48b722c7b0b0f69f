import ClusterObjects

extension PodSecurityStandards {
    private typealias Subject = PodSecuritySubject

    /// What `baseline` forbids, sorted by name.
    static let baseline: [Check] = [
        Check(id: "appArmorProfile", versions: [(0, appArmorProfile)]),
        Check(id: "capabilities_baseline", versions: [(0, addedCapabilities)]),
        Check(id: "hostNamespaces", versions: [(0, hostNamespaces)]),
        Check(id: "hostPathVolumes", versions: [(0, hostPathVolumes)]),
        Check(id: "hostPorts", versions: [(0, hostPorts)]),
        Check(id: "hostProbesAndHostLifecycle", versions: [(34, handlerHosts)]),
        Check(id: "privileged", versions: [(0, privileged)]),
        Check(id: "procMount", versions: [(0, procMount), (35, { $0.hasOwnUsers ? nil : procMount($0) })]),
        Check(
            id: "seLinuxOptions",
            versions: [(0, { seLinux($0, seLinuxTypes) }), (31, { seLinux($0, seLinuxTypes.union(["container_engine_t"])) })]),
        Check(id: "seccompProfile_baseline", versions: [(0, seccompAnnotations), (19, seccompProfile)]),
        Check(id: "sysctls", versions: sysctlSets.map { set in (set.since, { sysctls($0, set.safe) }) }),
        Check(id: "windowsHostProcess", versions: [(0, hostProcess)]),
    ]

    private static func appArmorProfile(_ pod: PodSecuritySubject) -> Violation? {
        let allowed: Set<String> = ["RuntimeDefault", "Localhost"]
        func wrong(_ context: Value?) -> String? {
            guard let profile = context?["appArmorProfile"], profile.object != nil else { return nil }
            let type = profile["type"]?.string ?? ""
            return allowed.contains(type) ? nil : type
        }
        let ofPod = wrong(pod.context)
        let ofContainers = pod.containers.compactMap { wrong($0["securityContext"]) }
        let annotations = pod.annotations.filter { key, value in
            key.hasPrefix("container.apparmor.security.beta.kubernetes.io/") && !value.isEmpty && value != "runtime/default"
                && !value.hasPrefix("localhost/")
        }.map { "\($0.key)=\(Problem.shown(.string($0.value)))" }.sorted()
        var setters = [Subject.setters(pod: ofPod != nil, pod.names { wrong($0["securityContext"]) != nil })].filter { !$0.isEmpty }
        if !annotations.isEmpty { setters.append(Subject.plural(annotations.count, "annotation", "annotations")) }
        if setters.isEmpty { return nil }
        let values = Set(ofContainers + [ofPod].compactMap { $0 }).sorted() + annotations
        return Violation(
            reason: Subject.plural(values.count, "forbidden AppArmor profile", "forbidden AppArmor profiles"),
            detail: "\(setters.joined(separator: " and ")) must not set AppArmor profile type to \(Subject.quoted(values))")
    }

    private static let harmlessCapabilities: Set<String> = [
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP",
        "SETUID", "SYS_CHROOT",
    ]

    private static func addedCapabilities(_ pod: PodSecuritySubject) -> Violation? {
        func added(_ container: Value) -> [String] {
            (container[path: "securityContext", "capabilities", "add"]?.strings ?? []).filter { !harmlessCapabilities.contains($0) }
        }
        let names = pod.names { !added($0).isEmpty }
        if names.isEmpty { return nil }
        return Violation(
            reason: "non-default capabilities",
            detail:
                "\(Subject.containers(names)) must not include \(Subject.quoted(Set(pod.containers.flatMap(added)))) in securityContext.capabilities.add"
        )
    }

    private static func hostNamespaces(_ pod: PodSecuritySubject) -> Violation? {
        let set = ["hostNetwork", "hostPID", "hostIPC"].filter { pod.spec[$0]?.bool == true }
        return set.isEmpty ? nil : Violation(reason: "host namespaces", detail: set.map { "\($0)=true" }.joined(separator: ", "))
    }

    private static func hostPathVolumes(_ pod: PodSecuritySubject) -> Violation? {
        let names = (pod.spec["volumes"]?.array ?? []).filter { $0["hostPath"]?.object != nil }.map { $0["name"]?.string ?? "" }
        if names.isEmpty { return nil }
        return Violation(
            reason: "hostPath volumes", detail: "\(Subject.plural(names.count, "volume", "volumes")) \(Subject.quoted(names))")
    }

    private static func hostPorts(_ pod: PodSecuritySubject) -> Violation? {
        func ports(_ container: Value) -> [String] {
            (container["ports"]?.array ?? []).compactMap { $0["hostPort"]?.int }.filter { $0 != 0 }.map(String.init)
        }
        let names = pod.names { !ports($0).isEmpty }
        if names.isEmpty { return nil }
        let all = Set(pod.containers.flatMap(ports)).sorted()
        let verb = Subject.plural(names.count, "uses", "use")
        let noun = Subject.plural(all.count, "hostPort", "hostPorts")
        return Violation(reason: "hostPort", detail: "\(Subject.containers(names)) \(verb) \(noun) \(all.joined(separator: ", "))")
    }

    /// Probes and hooks that ask a host of their own choice.
    private static func handlerHosts(_ pod: PodSecuritySubject) -> Violation? {
        func hosts(_ container: Value) -> [String] {
            let handlers =
                ["livenessProbe", "readinessProbe", "startupProbe"].map { container[$0] }
                + ["postStart", "preStop"].map { container[path: "lifecycle", $0] }
            return handlers.flatMap { handler in
                ["httpGet", "tcpSocket"].compactMap { handler?[path: $0, "host"]?.string }.filter { !$0.isEmpty }
            }
        }
        let names = Set(pod.names { !hosts($0).isEmpty }).sorted()
        if names.isEmpty { return nil }
        let all = Set(pod.containers.flatMap(hosts))
        let verb = Subject.plural(names.count, "uses", "use")
        let noun = Subject.plural(all.count, "probe or lifecycle host", "probe or lifecycle hosts")
        return Violation(
            reason: "probe or lifecycle host", detail: "\(Subject.containers(names)) \(verb) \(noun) \(Subject.quoted(all))")
    }

    private static func privileged(_ pod: PodSecuritySubject) -> Violation? {
        let names = pod.names { $0[path: "securityContext", "privileged"]?.bool == true }
        if names.isEmpty { return nil }
        return Violation(reason: "privileged", detail: "\(Subject.containers(names)) must not set securityContext.privileged=true")
    }

    static func procMount(_ pod: PodSecuritySubject) -> Violation? {
        func type(_ container: Value) -> String? {
            container[path: "securityContext", "procMount"]?.string.flatMap { $0 == "Default" ? nil : $0 }
        }
        let names = pod.names { type($0) != nil }
        if names.isEmpty { return nil }
        let types = Set(pod.containers.compactMap(type))
        return Violation(
            reason: "procMount",
            detail: "\(Subject.containers(names)) must not set securityContext.procMount to \(Subject.quoted(types))")
    }

    private static let seLinuxTypes: Set<String> = ["", "container_t", "container_init_t", "container_kvm_t"]

    private static func seLinux(_ pod: PodSecuritySubject, _ allowed: Set<String>) -> Violation? {
        func options(_ context: Value?) -> Value? { context?["seLinuxOptions"] }
        func isBad(_ options: Value?) -> Bool {
            guard let options else { return false }
            return !allowed.contains(options["type"]?.string ?? "") || ["user", "role"].contains { !(options[$0]?.string ?? "").isEmpty }
        }
        let names = pod.names { isBad(options($0["securityContext"])) }
        let podIsBad = isBad(options(pod.context))
        guard podIsBad || !names.isEmpty else { return nil }
        let all = ([pod.context] + pod.containers.map { $0["securityContext"] }).compactMap(options)
        let types = Set(all.map { $0["type"]?.string ?? "" }).subtracting(allowed)
        var parts: [String] = []
        if !types.isEmpty { parts.append("\(Subject.plural(types.count, "type", "types")) \(Subject.quoted(types))") }
        for field in ["user", "role"] where all.contains(where: { !($0[field]?.string ?? "").isEmpty }) {
            parts.append("\(field) may not be set")
        }
        return Violation(
            reason: "seLinuxOptions",
            detail:
                "\(Subject.setters(pod: podIsBad, names)) set forbidden securityContext.seLinuxOptions: \(parts.joined(separator: "; "))")
    }

    private static func seccompAnnotations(_ pod: PodSecuritySubject) -> Violation? {
        let keys =
            ["seccomp.security.alpha.kubernetes.io/pod"]
            + pod.containers.map { "container.seccomp.security.alpha.kubernetes.io/\($0["name"]?.string ?? "")" }
        let wrong = Set(
            keys.compactMap { key -> String? in
                guard let value = pod.annotations[key], value != "runtime/default", value != "docker/default",
                    !value.hasPrefix("localhost/")
                else { return nil }
                return "\(key)=\(Problem.shown(.string(value)))"
            })
        if wrong.isEmpty { return nil }
        return Violation(
            reason: "seccompProfile",
            detail: "forbidden \(Subject.plural(wrong.count, "annotation", "annotations")) \(wrong.sorted().joined(separator: ", "))")
    }

    /// The type of a seccomp profile that is not allowed; nil where there is none or a good one.
    static func badSeccomp(_ context: Value?) -> String? {
        guard let profile = context?["seccompProfile"], profile.object != nil else { return nil }
        let type = profile["type"]?.string ?? ""
        return type == "Localhost" || type == "RuntimeDefault" ? nil : type
    }

    static func seccompProfile(_ pod: PodSecuritySubject) -> Violation? {
        let ofPod = badSeccomp(pod.context)
        let names = pod.names { badSeccomp($0["securityContext"]) != nil }
        guard ofPod != nil || !names.isEmpty else { return nil }
        let types = Set(pod.containers.compactMap { badSeccomp($0["securityContext"]) } + [ofPod].compactMap { $0 })
        return Violation(
            reason: "seccompProfile",
            detail:
                "\(Subject.setters(pod: ofPod != nil, names)) must not set securityContext.seccompProfile.type to \(Subject.quoted(types))")
    }

    /// Which kernel settings are a pod's own, and harmless.
    private static let sysctlSets: [(since: Int, safe: Set<String>)] = {
        var safe: Set<String> = []
        let added: [(Int, [String])] = [
            (
                0,
                [
                    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range",
                    "net.ipv4.ip_unprivileged_port_start",
                ]
            ),
            (27, ["net.ipv4.ip_local_reserved_ports"]),
            (
                29,
                [
                    "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
                    "net.ipv4.tcp_keepalive_probes",
                ]
            ),
            (32, ["net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"]),
        ]
        return added.map { since, names in
            safe.formUnion(names)
            return (since, safe)
        }
    }()

    private static func sysctls(_ pod: PodSecuritySubject, _ safe: Set<String>) -> Violation? {
        let names = (pod.context?["sysctls"]?.array ?? []).compactMap { $0["name"]?.string }.filter { !safe.contains($0) }
        return names.isEmpty ? nil : Violation(reason: "forbidden sysctls", detail: names.joined(separator: ", "))
    }

    private static func hostProcess(_ pod: PodSecuritySubject) -> Violation? {
        func isSet(_ context: Value?) -> Bool { context?[path: "windowsOptions", "hostProcess"]?.bool == true }
        let names = pod.names { isSet($0["securityContext"]) }
        guard isSet(pod.context) || !names.isEmpty else { return nil }
        return Violation(
            reason: "hostProcess",
            detail: "\(Subject.setters(pod: isSet(pod.context), names)) must not set securityContext.windowsOptions.hostProcess=true")
    }
}
