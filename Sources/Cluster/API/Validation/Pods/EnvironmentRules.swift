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
            for key in ["volumeName", "path", "key"] { problems.required(file, key, path / "fileKeyRef") }
        }
        if count == 0 {
            problems.append(
                .invalid(
                    path, "", "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"))
        } else if hasValue {
            problems.append(.invalid(path, "", "may not be specified when `value` is not empty"))
        } else if count > 1 {
            problems.append(.invalid(path, "", "may not have more than one field specified at a time"))
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

/// References to a pod's own fields and to its containers' resources.
enum DownwardRules {
    static func field(_ reference: Value, _ allowed: [String], _ path: FieldPath, _ problems: inout [Problem]) {
        if reference.text("apiVersion").isEmpty { return problems.append(.required(path / "apiVersion")) }
        let field = reference.text("fieldPath")
        if field.isEmpty { return problems.append(.required(path / "fieldPath")) }
        if let open = field.firstIndex(of: "["), field.hasSuffix("]") {
            let name = String(field[..<open])
            var key = String(field[field.index(after: open)...].dropLast())
            if key.count >= 2, key.hasPrefix("'"), key.hasSuffix("'") { key = String(key.dropFirst().dropLast()) }
            switch name {
            case "metadata.annotations": problems.qualifiedName(key.lowercased(), path)
            case "metadata.labels": problems.qualifiedName(key, path)
            default:
                problems.append(
                    .invalid(
                        path / "fieldPath", .string(field),
                        "error converting fieldPath: field label does not support subscript: \(field)"))
            }
            return
        }
        let known =
            EnvironmentRules.fieldPaths + [
                "metadata.annotations", "metadata.labels", "spec.restartPolicy", "spec.schedulerName", "status.phase",
            ]
        if !known.contains(field) {
            problems.append(
                .invalid(
                    path / "fieldPath", .string(field), "error converting fieldPath: field label not supported: \(field)"))
        } else if !allowed.contains(field) {
            problems.append(.notSupported(path / "fieldPath", .string(field), allowed))
        }
    }

    private static let resources = ["cpu", "ephemeral-storage", "memory"].flatMap { ["limits.\($0)", "requests.\($0)"] }
    private static let sizes: Set<String> = [
        "1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei",
    ]

    static func resource(_ reference: Value, _ path: FieldPath, inVolume: Bool, _ problems: inout [Problem]) {
        let name = reference.text("resource")
        let isHuge = name.hasPrefix("limits.hugepages-") || name.hasPrefix("requests.hugepages-")
        if inVolume, reference.text("containerName").isEmpty {
            problems.append(.required(path / "containerName"))
        } else if name.isEmpty {
            problems.append(.required(path / "resource"))
        } else if !resources.contains(name), !isHuge {
            problems.append(.notSupported(path / "resource", .string(name), resources))
        }
        guard let divisor = reference["divisor"]?.quantity, !divisor.isZero else { return }
        let text = divisor.description
        let kind = name.split(separator: ".").last.map(String.init) ?? ""
        if kind == "cpu" {
            if text != "1", text != "1m" {
                problems.append(
                    .invalid(path / "divisor", .string(name), "only divisor's values 1m and 1 are supported with the cpu resource"))
            }
        } else if !sizes.contains(text), resources.contains(name) || isHuge {
            let what = kind == "memory" ? "memory" : kind == "ephemeral-storage" ? "local ephemeral storage" : "hugepages"
            problems.append(
                .invalid(
                    path / "divisor", .string(name),
                    "only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the \(what) resource")
            )
        }
    }
}
