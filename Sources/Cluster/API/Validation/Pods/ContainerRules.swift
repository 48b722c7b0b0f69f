import ClusterObjects

/// What the containers of a pod must be: regular, init and ephemeral ones.
struct ContainerRules {
    let spec: Value
    /// The pod's sound volumes by name.
    let volumes: [String: Value]
    let path: FieldPath

    private static let lists = ["initContainers", "containers", "ephemeralContainers"]

    /// Every container of a pod's spec with its path, in the order in which Kubernetes walks them.
    static func all(of spec: Value, _ path: FieldPath) -> [(Value, FieldPath)] {
        var all: [(Value, FieldPath)] = []
        for list in lists {
            guard case .array(let containers)? = spec[list], !containers.isEmpty else { continue }
            let path = path / list
            all.reserveCapacity(all.count + containers.count)
            for (index, container) in containers.enumerated() { all.append((container, path.index(index))) }
        }
        return all
    }

    func validate(_ problems: inout [Problem]) {
        regular(&problems)
        initial(&problems)
        ephemeral(&problems)
    }

    private func regular(_ problems: inout [Problem]) {
        let path = path / "containers"
        let containers = spec.list("containers")
        if containers.isEmpty { return problems.append(.required(path)) }
        var names = SeenKeys(capacity: containers.count)
        for (index, container) in containers.enumerated() {
            let here = path.index(index)
            common(container, here, &problems)
            let name = container.text("name")
            if names.isRepeated(name) { problems.append(.duplicate(here / "name", .string(name))) }
            handlers(container, here, &problems)
            RestartRules.policy(container, here, &problems)
        }
        hostPortConflicts(containers.enumerated().map { (path.index($0.offset), $0.element) }, &problems)
    }

    private func initial(_ problems: inout [Problem]) {
        let containers = spec.list("initContainers")
        if containers.isEmpty { return }
        let path = path / "initContainers"
        var names = Set(spec.list("containers").map { $0.text("name") })
        for (index, container) in containers.enumerated() {
            let here = path.index(index)
            common(container, here, &problems)
            RestartRules.policy(container, here, &problems)
            let name = container.text("name")
            if names.contains(name) {
                problems.append(.duplicate(here / "name", .string(name)))
            } else if !name.isEmpty {
                names.insert(name)
            }
            // One runs after another, so each is looked at alone, and named as if it were the first.
            hostPortConflicts([(path.index(0), container)], &problems)
            if container.text("restartPolicy") == "Always" {
                handlers(container, here, &problems)
                continue
            }
            for key in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] where container.has(key) {
                problems.append(.forbidden(here / key, "may not be set for init containers without restartPolicy=Always"))
            }
            for (place, policy) in container.list("resizePolicy").enumerated() where policy.text("restartPolicy") == "RestartContainer" {
                problems.append(
                    .invalid(
                        (here / "resizePolicy").index(place) / "restartPolicy", "RestartContainer",
                        "must not be set to 'RestartContainer' for non-sidecar initContainers"))
            }
        }
    }

    private func ephemeral(_ problems: inout [Problem]) {
        let containers = spec.list("ephemeralContainers")
        if containers.isEmpty { return }
        let others = Set((spec.list("containers") + spec.list("initContainers")).map { $0.text("name") })
        var names = others
        for (index, container) in containers.enumerated() {
            let here = (path / "ephemeralContainers").index(index)
            common(container, here, &problems)
            Self.whitespace(container, here, &problems)
            let name = container.text("name")
            if !names.insert(name).inserted { problems.append(.duplicate(here / "name", .string(name))) }
            let target = container.text("targetContainerName")
            if !target.isEmpty, !others.contains(target) {
                problems.append(.notFound(here / "targetContainerName", .string(target)))
            }
            let refused = [
                "ports", "resources", "resizePolicy", "restartPolicy", "restartPolicyRules", "livenessProbe", "readinessProbe",
                "startupProbe", "lifecycle",
            ]
            for key in refused where !(container.part(key)?.isZero ?? true) {
                problems.append(.forbidden(here / key, "cannot be set for an Ephemeral Container"))
            }
            for (place, mount) in container.list("volumeMounts").enumerated() {
                for key in ["subPath", "subPathExpr"] where !mount.text(key).isEmpty {
                    problems.append(
                        .forbidden((here / "volumeMounts").index(place) / key, "cannot be set for an Ephemeral Container"))
                }
            }
        }
    }

    private func common(_ container: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let name = container.text("name")
        if name.isEmpty { problems.append(.required(path / "name")) } else { problems.label(name, path / "name") }
        problems.required(container, "image", path)
        problems.oneOf(container, "terminationMessagePolicy", inOrder: ["File", "FallbackToLogsOnError"], path)
        ports(container.list("ports"), path / "ports", &problems)
        EnvironmentRules.variables(container.list("env"), path / "env", &problems)
        EnvironmentRules.sources(container.list("envFrom"), path / "envFrom", &problems)
        MountRules.mounts(container, volumes, path, &problems)
        MountRules.devices(container, volumes, path, &problems)
        problems.oneOf(container, "imagePullPolicy", ["Always", "IfNotPresent", "Never"], path)
        let claims = Set(spec.list("resourceClaims").map { $0.text("name") }.filter { !$0.isEmpty })
        ResourceListRules.requirements(container["resources"] ?? .emptyObject, path / "resources", claims: claims, &problems)
        RestartRules.resizePolicy(container, podPolicy: spec.text("restartPolicy"), path / "resizePolicy", &problems)
        SecurityRules.container(
            container["securityContext"], path / "securityContext", hostUsers: spec["hostUsers"]?.bool ?? true, &problems)
    }

    /// Only in pods, not in templates: an image's name has no spaces around it.
    static func whitespace(_ container: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let image = container.text("image")
        // What begins and ends with plain text needs no closer look.
        if let first = image.utf8.first, let last = image.utf8.last, 0x21..<0x7F ~= first, 0x21..<0x7F ~= last { return }
        if image.first?.isWhitespace == true || image.last?.isWhitespace == true {
            problems.append(.invalid(path / "image", .string(image), "must not have leading or trailing whitespace"))
        }
    }

    private func handlers(_ container: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        if let lifecycle = container.part("lifecycle") {
            LifecycleRules.validate(
                lifecycle, path / "lifecycle", grace: spec["terminationGracePeriodSeconds"]?.int, system: spec["os"]?.text("name"),
                &problems)
        }
        for probe in ["livenessProbe", "readinessProbe", "startupProbe"] { ProbeRules.probe(container, probe, path, &problems) }
    }

    private func ports(_ ports: [Value], _ path: FieldPath, _ problems: inout [Problem]) {
        var names: Set<String> = []
        for (index, port) in ports.enumerated() {
            let here = path.index(index)
            let name = port.text("name")
            if !name.isEmpty {
                let wrong = Formats.portName(name)
                problems.add(here / "name", name, wrong)
                if wrong.isEmpty, !names.insert(name).inserted {
                    problems.append(.duplicate(here / "name", .string(name)))
                }
            }
            let number = port.number("containerPort")
            if number == 0 {
                problems.append(.required(here / "containerPort"))
            } else {
                problems.port(number, here / "containerPort")
            }
            if port.number("hostPort") != 0 { problems.port(port.number("hostPort"), here / "hostPort") }
            problems.oneOf(port, "protocol", ["SCTP", "TCP", "UDP"], here)
        }
    }

    private func hostPortConflicts(_ containers: [(FieldPath, Value)], _ problems: inout [Problem]) {
        var taken: Set<String> = []
        for (path, container) in containers {
            for (index, port) in container.list("ports").enumerated() where port.number("hostPort") != 0 {
                let key = "\(port.text("protocol"))/\(port.text("hostIP"))/\(port.number("hostPort"))"
                if !taken.insert(key).inserted {
                    problems.append(.duplicate((path / "ports").index(index) / "hostPort", .string(key)))
                }
            }
        }
    }
}
