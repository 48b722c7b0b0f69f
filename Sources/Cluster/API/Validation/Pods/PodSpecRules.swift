import ClusterObjects

/// What a pod spec must be, in a pod and in the template of a workload. Source: pkg/apis/core/validation, ValidatePodSpec.
struct PodSpecRules {
    let spec: Value
    let path: FieldPath
    /// Whether the spec is a pod's own rather than a template's.
    let isPod: Bool
    /// The pod's name, for the names of claims it makes; empty in a template.
    var podName = ""
    /// Volumes that are known by name though they are not in the spec: a stateful set's claim templates.
    var claims: Set<String> = []

    var problems: [Problem] {
        var problems: [Problem] = []
        if spec["terminationGracePeriodSeconds"]?.int == nil {
            problems.append(.required(path / "terminationGracePeriodSeconds"))
        }
        var volumes = VolumeRules.validate(
            spec.list("volumes"), path / "volumes", isPod: isPod, podName: podName, &problems)
        for claim in claims { volumes[claim] = ["persistentVolumeClaim": [:]] }
        resourceClaims(&problems)
        ContainerRules(spec: spec, volumes: volumes, path: path).validate(&problems)
        let claimNames = Set(spec.list("resourceClaims").map { $0.text("name") }.filter { !$0.isEmpty })
        PodResourceRules.validate(spec, path, claims: claimNames, &problems)
        hostPorts(&problems)
        problems.oneOf(spec, "restartPolicy", inOrder: ["Always", "OnFailure", "Never"], path)
        problems.oneOf(spec, "dnsPolicy", inOrder: ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"], path)
        problems.labels(spec["nodeSelector"], path / "nodeSelector")
        SecurityRules.pod(spec, path, &problems)
        AffinityRules.validate(spec["affinity"], path / "affinity", &problems)
        dns(&problems)
        for (index, gate) in spec.list("readinessGates").enumerated() {
            problems.qualifiedName(gate.text("conditionType"), (path / "readinessGates").index(index) / "conditionType")
        }
        schedulingGates(&problems)
        SpreadRules.validate(spec.list("topologySpreadConstraints"), path / "topologySpreadConstraints", &problems)
        WindowsRules.hostProcess(spec, path, &problems)
        hostUsers(&problems)
        hostname(&problems)
        names(&problems)
        return problems
    }

    private func names(_ problems: inout [Problem]) {
        for key in ["serviceAccountName", "nodeName"] { problems.name(spec, key, path, optional: true) }
        problems.range(spec, "activeDeadlineSeconds", 1...2_147_483_647, path)
        for key in ["hostname", "subdomain"] where !spec.text(key).isEmpty { problems.label(spec.text(key), path / key) }
        TolerationRules.validate(spec.list("tolerations"), path / "tolerations", &problems)
        for (index, alias) in spec.list("hostAliases").enumerated() {
            let here = (path / "hostAliases").index(index)
            problems.ip(alias.text("ip"), here / "ip")
            for (place, name) in (alias["hostnames"]?.strings ?? []).enumerated() {
                problems.subdomain(name, (here / "hostnames").index(place))
            }
        }
        problems.name(spec, "priorityClassName", path, optional: true)
        if spec.has("runtimeClassName") { problems.subdomain(spec.text("runtimeClassName"), path / "runtimeClassName") }
        if spec.has("preemptionPolicy") {
            problems.oneOf(spec, "preemptionPolicy", inOrder: ["PreemptLowerPriority", "Never"], path)
        }
        if let overhead = spec.part("overhead") {
            ResourceListRules.requirements(["limits": overhead], path / "overhead", &problems)
        }
        WindowsRules.system(spec, path, &problems)
        EnvironmentRules.fileVolumes(spec, path, &problems)
    }

    private func resourceClaims(_ problems: inout [Problem]) {
        var seen: Set<String> = []
        for (index, claim) in spec.list("resourceClaims").enumerated() {
            let here = (path / "resourceClaims").index(index)
            let name = claim.text("name")
            if name.isEmpty {
                problems.append(.required(here / "name"))
            } else if !seen.insert(name).inserted {
                problems.append(.duplicate(here / "name", .string(name)))
            } else {
                problems.label(name, here / "name")
            }
            let given = ["resourceClaimName", "resourceClaimTemplateName"].filter { claim.has($0) }
            if given.count == 2 {
                problems.append(
                    .invalid(here, claim, "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"))
            } else if given.isEmpty {
                problems.append(.invalid(here, claim, "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"))
            }
            for key in given { problems.subdomain(claim.text(key), here / key) }
        }
    }

    /// On the host's network a port is the host's.
    private func hostPorts(_ problems: inout [Problem]) {
        guard spec.flag("hostNetwork") else { return }
        for (index, container) in spec.list("containers").enumerated() {
            for (place, port) in container.list("ports").enumerated() {
                let (host, inside) = (port.number("hostPort"), port.number("containerPort"))
                guard isPod || host != 0, host != inside else { continue }
                let here = ((path / "containers").index(index) / "ports").index(place) / "hostPort"
                problems.append(.invalid(here, Value(host), "must match `containerPort` when `hostNetwork` is true"))
            }
        }
    }

    private func dns(_ problems: inout [Problem]) {
        let here = path / "dnsConfig"
        let config = spec.part("dnsConfig")
        let servers = config?["nameservers"]?.strings ?? []
        if spec.text("dnsPolicy") == "None" {
            guard config != nil else {
                return problems.append(.required(here, "must provide `dnsConfig` when `dnsPolicy` is None"))
            }
            guard !servers.isEmpty else {
                return problems.append(
                    .required(here / "nameservers", "must provide at least one DNS nameserver when `dnsPolicy` is None"))
            }
        }
        guard let config else { return }
        if servers.count > 3 {
            problems.append(.invalid(here / "nameservers", Value(servers), "must not have more than 3 nameservers"))
        }
        for (index, server) in servers.enumerated() { problems.ip(server, (here / "nameservers").index(index)) }
        let searches = config["searches"]?.strings ?? []
        if searches.count > 32 {
            problems.append(.invalid(here / "searches", Value(searches), "must not have more than 32 search paths"))
        }
        if searches.joined(separator: " ").utf8.count > 2048 {
            problems.append(
                .invalid(
                    here / "searches", Value(searches), "must not have more than 2048 characters (including spaces) in the search list"))
        }
        for (index, search) in searches.enumerated() where search != "." {
            let name = search.hasSuffix(".") ? String(search.dropLast()) : search
            problems.add((here / "searches").index(index), name, NameFormats.searchDomain(name))
        }
        for (index, option) in config.list("options").enumerated() where option.text("name").isEmpty {
            problems.append(.required((here / "options").index(index), "must not be empty"))
        }
    }

    private func schedulingGates(_ problems: inout [Problem]) {
        var seen: Set<String> = []
        for (index, gate) in spec.list("schedulingGates").enumerated() {
            let (name, here) = (gate.text("name"), (path / "schedulingGates").index(index))
            problems.qualifiedName(name, here)
            if !seen.insert(name).inserted { problems.append(.duplicate(here, .string(name))) }
        }
    }

    private func hostUsers(_ problems: inout [Problem]) {
        guard spec["hostUsers"]?.bool == false else { return }
        // Kubernetes names two of them by what Go calls them.
        for (key, name) in [("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC")] where spec.flag(key) {
            problems.append(.forbidden(path / name, "when `hostUsers` is false"))
        }
        for (container, here) in ContainerRules.all(of: spec, path) where !container.list("volumeDevices").isEmpty {
            problems.append(.forbidden(here / "volumeDevices", "when `hostUsers` is false"))
        }
    }

    /// A name that stands in for the one the pod would have.
    private func hostname(_ problems: inout [Problem]) {
        guard let name = spec["hostnameOverride"]?.string else { return }
        let here = path / "hostnameOverride"
        for key in ["setHostnameAsFQDN", "hostNetwork"] where spec.flag(key) {
            problems.append(.forbidden(here, "may not be specified when \(key) is true"))
        }
        if name.utf8.count > 64 { problems.append(.tooLong(here, most: 64)) }
        problems.subdomain(name, here)
    }
}
