import ClusterObjects

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
