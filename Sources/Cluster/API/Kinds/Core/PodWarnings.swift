import ClusterObjects

/// What a client is told of a pod, or of a template, that is accepted. Source: pkg/api/pod/warnings.go.
enum PodWarnings {
    @Sendable static func pod(_ pod: Value, _ old: Value?) -> [String] {
        // What has been told once is not told again.
        guard old == nil || old?["spec"] != pod["spec"] else { return [] }
        return warnings(pod["spec"] ?? .emptyObject, FieldPath("spec"), isPod: true)
    }

    @Sendable static func workload(_ object: Value, _ old: Value?) -> [String] {
        let template = object[path: "spec", "template"]
        guard old == nil || old?[path: "spec", "template"] != template else { return [] }
        return warnings(template?["spec"] ?? .emptyObject, FieldPath("spec", "template", "spec"), isPod: false)
    }

    private static let renamedLabels = [
        "beta.kubernetes.io/arch": "kubernetes.io/arch", "beta.kubernetes.io/os": "kubernetes.io/os",
        "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
        "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
        "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
    ]
    private static let oldVolumes = [
        "gcePersistentDisk": "deprecated in v1.17, non-functional in v1.28+",
        "awsElasticBlockStore": "deprecated in v1.17, non-functional in v1.27+",
        "gitRepo": "deprecated in v1.11, and disabled by default in v1.33+",
        "glusterfs": "deprecated in v1.25, non-functional in v1.26+", "flocker": "deprecated in v1.22, non-functional in v1.25+",
        "rbd": "deprecated in v1.28, non-functional in v1.31+", "cinder": "deprecated in v1.18, non-functional in v1.26+",
        "cephfs": "deprecated in v1.28, non-functional in v1.31+", "quobyte": "deprecated in v1.22, non-functional in v1.25+",
        "photonPersistentDisk": "deprecated in v1.11, non-functional in v1.16+", "scaleIO": "deprecated in v1.16, non-functional in v1.22+",
        "storageos": "deprecated in v1.22, non-functional in v1.25+", "azureDisk": "deprecated in v1.19, non-functional in v1.27+",
        "azureFile": "deprecated in v1.21, non-functional in v1.30+", "vsphereVolume": "deprecated in v1.19, non-functional in v1.30+",
    ].sorted { $0.key < $1.key }

    private static func warnings(_ spec: Value, _ path: FieldPath, isPod: Bool) -> [String] {
        var warnings: [String] = []
        for key in spec.map("nodeSelector").keys {
            if let name = renamedLabels[key] {
                warnings.append("\((path / "nodeSelector").key(key)): deprecated since v1.14; use \"\(name)\" instead")
            }
        }
        for (index, alias) in spec.list("hostAliases").enumerated() where alias.text("ip").isEmpty {
            warnings.append("\((path / "hostAliases").index(index) / "ip"): invalid IP address")
        }
        for (index, volume) in spec.list("volumes").enumerated() {
            let here = (path / "volumes").index(index)
            for (kind, detail) in oldVolumes where volume.has(kind) {
                warnings.append("\(here / kind): \(detail)")
            }
        }
        warnings += repeated(spec.list("imagePullSecrets"), path / "imagePullSecrets")
        if isPod, let grace = spec["terminationGracePeriodSeconds"]?.int, grace < 0 {
            warnings.append("\(path / "terminationGracePeriodSeconds"): must be >= 0; negative values are invalid and will be treated as 1")
        }
        for list in ["initContainers", "containers"] {
            for (index, container) in spec.list(list).enumerated() {
                warnings += containerWarnings(container, (path / list).index(index))
            }
        }
        return warnings
    }

    private static func repeated(_ secrets: [Value], _ path: FieldPath) -> [String] {
        var seen: Set<String> = []
        return secrets.enumerated().compactMap { index, secret in
            let name = secret.text("name")
            if name.isEmpty { return "\(path.index(index)): invalid empty name \"\"" }
            return seen.insert(name).inserted ? nil : "\(path.index(index) / "name"): duplicate name \"\(name)\""
        }
    }

    private static func containerWarnings(_ container: Value, _ path: FieldPath) -> [String] {
        var warnings: [String] = []
        for list in ["requests", "limits"] {
            for name in ["memory", "ephemeral-storage"] {
                guard let amount = container["resources"]?[list]?[name]?.quantity, !amount.isWhole else { continue }
                let here = (path / "resources" / list).key(name)
                warnings.append("\(here): fractional byte value \"\(amount)\" is invalid, must be an integer")
            }
        }
        let variables = container.list("env")
        var names = SeenKeys(capacity: variables.count)
        for (index, variable) in variables.enumerated() {
            let name = variable.text("name")
            // One that is made of its predecessor is meant to follow it.
            if names.isRepeated(name), !variable.text("value").contains("$(\(name))") {
                warnings.append("\((path / "env").index(index)): hides previous definition of \"\(name)\", which may be unexpected")
            }
        }
        return warnings + ports(container.list("ports"), path / "ports")
    }

    private static func ports(_ ports: [Value], _ path: FieldPath) -> [String] {
        var seen: [String: Int] = [:]
        return ports.enumerated().compactMap { index, port in
            let key = ["containerPort", "hostPort"].map { String(port.number($0)) } + ["protocol", "hostIP"].map { port.text($0) }
            let text = key.joined(separator: "/")
            if let first = seen[text] { return "\(path.index(index)): duplicate port definition with \(path.index(first))" }
            seen[text] = index
            return nil
        }
    }
}
