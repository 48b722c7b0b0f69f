import ClusterObjects

/// What a container's environment must be.
enum EnvironmentRules {
    static let fieldPaths = [
        "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP",
        "status.hostIPs", "status.podIP", "status.podIPs",
    ]

    static func variables(_ variables: [Value], _ path: FieldPath, _ problems: inout [Problem]) {
        for (index, variable) in variables.enumerated() {
            let here = path.index(index)
            let name = variable.text("name")
            if name.isEmpty {
                problems.append(.required(here / "name"))
            } else {
                problems.environmentName(name, here / "name")
            }
            if let source = variable.part("valueFrom") {
                valueFrom(source, hasValue: !variable.text("value").isEmpty, here / "valueFrom", &problems)
            }
        }
    }

    private static func valueFrom(_ source: Value, hasValue: Bool, _ path: FieldPath, _ problems: inout [Problem]) {
        var count = 0
        if let field = source.part("fieldRef") {
            count += 1
            DownwardRules.field(field, fieldPaths, path / "fieldRef", &problems)
        }
        if let resource = source.part("resourceFieldRef") {
            count += 1
            DownwardRules.resource(resource, path / "resourceFieldRef", inVolume: false, &problems)
        }
        for kind in ["configMapKeyRef", "secretKeyRef"] {
            guard let reference = source.part(kind) else { continue }
            count += 1
            problems.subdomain(reference.text("name"), path / kind / "name")
            if reference.text("key").isEmpty {
                problems.append(.required(path / kind / "key"))
            } else {
                problems.configKey(reference.text("key"), path / kind / "key")
            }
        }
        if let file = source.part("fileKeyRef") {
            count += 1
            fileKey(file, path / "fileKeyRef", &problems)
        }
        if count == 0 {
            let detail = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
            problems.append(.invalid(path, "", detail))
        } else if hasValue {
            problems.append(.invalid(path, "", "may not be specified when `value` is not empty"))
        } else if count > 1 {
            problems.append(.invalid(path, "", "may not have more than one field specified at a time"))
        }
    }

    private static func fileKey(_ file: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let (key, volume, place) = (file.text("key"), file.text("volumeName"), file.text("path"))
        if key.isEmpty { problems.append(.required(path / "key")) } else { problems.environmentName(key, path / "key") }
        if volume.isEmpty { problems.append(.required(path / "volumeName")) } else { problems.label(volume, path / "volumeName") }
        if place.isEmpty { problems.append(.required(path / "path")) }
        problems.add(path / "path", place, Formats.noBacksteps(place))
    }

    /// Files that variables are read from stand in volumes that start empty.
    static func fileVolumes(_ spec: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let containers = ContainerRules.all(of: spec, path)
        let reads = containers.contains { container, _ in
            container.list("env").contains { $0["valueFrom"]?.has("fileKeyRef") ?? false }
        }
        guard reads else { return }
        let volumes = Dictionary(spec.list("volumes").map { ($0.text("name"), $0) }) { _, last in last }
        for (container, here) in containers {
            for (index, variable) in container.list("env").enumerated() {
                guard let file = variable["valueFrom"]?.part("fileKeyRef") else { continue }
                let name = file.text("volumeName")
                let field = (here / "env").index(index) / "valueFrom" / "fileKeyRef" / "volumeName"
                guard let volume = volumes[name] else {
                    problems.append(.notFound(field, .string(name)))
                    continue
                }
                if !volume.has("emptyDir") {
                    problems.append(.invalid(field, .string(name), "referenced volume must be of type emptyDir"))
                }
            }
        }
    }

    static func sources(_ sources: [Value], _ path: FieldPath, _ problems: inout [Problem]) {
        for (index, source) in sources.enumerated() {
            let here = path.index(index)
            if !source.text("prefix").isEmpty { problems.environmentName(source.text("prefix"), here / "prefix") }
            let kinds = ["configMapRef", "secretRef"].filter { source.has($0) }
            for kind in kinds { problems.name(source[kind] ?? .emptyObject, "name", here / kind) }
            if kinds.isEmpty {
                problems.append(.invalid(path, "", "must specify one of: `configMapRef` or `secretRef`"))
            } else if kinds.count > 1 {
                problems.append(.invalid(path, "", "may not have more than one field specified at a time"))
            }
        }
    }
}
