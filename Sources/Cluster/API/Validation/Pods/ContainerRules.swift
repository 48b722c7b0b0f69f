import ClusterObjects

/// What the containers of a pod must be: regular, init and ephemeral ones.
struct ContainerRules {
    let spec: Value
    /// The pod's sound volumes by name.
    let volumes: [String: Value]
    let path: FieldPath

    func validate(_ problems: inout [Problem]) {
        regular(&problems)
        initial(&problems)
        ephemeral(&problems)
    }

    private var grace: Int { spec.number("terminationGracePeriodSeconds") }

    private func regular(_ problems: inout [Problem]) {
        let path = path / "containers"
        let containers = spec.list("containers")
        if containers.isEmpty { return problems.append(.required(path)) }
        var names: Set<String> = []
        for (index, container) in containers.enumerated() {
            let here = path.index(index)
            common(container, here, &problems)
            let name = container.text("name")
            if !names.insert(name).inserted { problems.append(.duplicate(here / "name", .string(name))) }
            handlers(container, here, &problems)
            restartPolicy(container, here, &problems)
        }
        hostPortConflicts(containers.enumerated().map { (path.index($0.offset), $0.element) }, &problems)
    }

    private func initial(_ problems: inout [Problem]) {
        let path = path / "initContainers"
        var names = Set(spec.list("containers").map { $0.text("name") })
        for (index, container) in spec.list("initContainers").enumerated() {
            let here = path.index(index)
            common(container, here, &problems)
            restartPolicy(container, here, &problems)
            let name = container.text("name")
            if names.contains(name) {
                problems.append(.duplicate(here / "name", .string(name)))
            } else if !name.isEmpty {
                names.insert(name)
            }
            // One runs after another, so each is looked at alone.
            hostPortConflicts([(here, container)], &problems)
            if container.text("restartPolicy") == "Always" {
                handlers(container, here, &problems)
            } else {
                for key in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] where container.has(key) {
                    problems.append(.forbidden(here / key, "may not be set for init containers without restartPolicy=Always"))
                }
            }
        }
    }

    private func ephemeral(_ problems: inout [Problem]) {
        let others = Set((spec.list("containers") + spec.list("initContainers")).map { $0.text("name") })
        var names = others
        for (index, container) in spec.list("ephemeralContainers").enumerated() {
            let here = (path / "ephemeralContainers").index(index)
            common(container, here, &problems)
            whitespace(container, here, &problems)
            let name = container.text("name")
            if !names.insert(name).inserted { problems.append(.duplicate(here / "name", .string(name))) }
            let target = container.text("targetContainerName")
            if !target.isEmpty, !others.contains(target) {
                problems.append(.notFound(here / "targetContainerName", .string(target)))
            }
            for key in ["ports", "resources", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle"]
            where !(Set<Value>([.emptyObject, .array([])]).contains(container.part(key) ?? .emptyObject)) {
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
        let claims = Set(spec.list("resourceClaims").map { $0.text("name") })
        ResourceListRules.requirements(container["resources"] ?? .emptyObject, path / "resources", claims: claims, &problems)
        resizePolicy(container, path / "resizePolicy", &problems)
        SecurityRules.container(
            container["securityContext"], path / "securityContext", hostUsers: spec["hostUsers"]?.bool ?? true, &problems)
    }

    /// Only in pods, not in templates: an image's name has no spaces around it.
    func whitespace(_ container: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let image = container.text("image")
        if image.first?.isWhitespace == true || image.last?.isWhitespace == true {
            problems.append(.invalid(path / "image", .string(image), "must not have leading or trailing whitespace"))
        }
    }

    private func handlers(_ container: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        for hook in ["postStart", "preStop"] {
            guard let handler = container["lifecycle"]?.part(hook) else { continue }
            ProbeRules.handler(
                handler, ["exec", "httpGet", "tcpSocket", "sleep"], path / "lifecycle" / hook, grace: grace, &problems)
        }
        ProbeRules.probe(container, "livenessProbe", path, &problems)
        ProbeRules.probe(container, "readinessProbe", path, &problems)
        ProbeRules.probe(container, "startupProbe", path, &problems)
    }

    private func restartPolicy(_ container: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        if container.has("restartPolicy"), !["Always", "Never", "OnFailure"].contains(container.text("restartPolicy")) {
            problems.append(
                .notSupported(
                    path / "restartPolicy", container["restartPolicy"] ?? "", inOrder: ["Always", "Never", "OnFailure"]))
        }
        let rules = container.list("restartPolicyRules")
        if rules.isEmpty { return }
        if !container.has("restartPolicy") {
            problems.append(.required(path / "restartPolicy", "must specify restartPolicy when restart rules are used"))
        }
        if rules.count > 20 { problems.append(.tooMany(path / "restartPolicyRules", rules.count, most: 20)) }
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

    private func resizePolicy(_ container: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        var seen: Set<String> = []
        for (index, policy) in container.list("resizePolicy").enumerated() {
            let name = policy.text("resourceName")
            if !seen.insert(name).inserted { problems.append(.duplicate(path.index(index), .string(name))) }
            let restart = policy.text("restartPolicy")
            for (word, words) in [(name, ["cpu", "memory"]), (restart, ["NotRequired", "RestartContainer"])] {
                if word.isEmpty {
                    problems.append(.required(path))
                } else if !words.contains(word) {
                    problems.append(.notSupported(path, .string(word), words))
                }
            }
            if spec.text("restartPolicy") == "Never", restart != "NotRequired" {
                problems.append(
                    .invalid(path, .string(restart), "must be 'NotRequired' when `restartPolicy` is 'Never'"))
            }
        }
    }
}
