import ClusterObjects

/// What a persistent volume claim's spec must be, also in the templates of pods and stateful sets.
enum ClaimRules {
    static let accessModes = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"]

    static func spec(_ spec: Value, _ path: FieldPath) -> [Problem] {
        var problems: [Problem] = []
        let modes = spec["accessModes"]?.strings ?? []
        if modes.isEmpty { problems.append(.required(path / "accessModes", "at least 1 access mode is required")) }
        problems += LabelSelectorRules.validate(spec["selector"], path / "selector")
        for mode in modes where !accessModes.contains(mode) {
            problems.append(.notSupported(path / "accessModes", .string(mode), accessModes))
        }
        let known = Set(modes).intersection(accessModes)
        if known.contains("ReadWriteOncePod"), known.count > 1 {
            problems.append(.forbidden(path / "accessModes", "may not use ReadWriteOncePod with other access modes"))
        }
        let storage = (path / "resources").key("storage")
        if let amount = spec[path: "resources", "requests", "storage"], let quantity = amount.quantity {
            if quantity.isZero || quantity.isNegative {
                problems.append(.invalid(storage, .string(quantity.description), [Problem].notPositive))
            }
        } else {
            problems.append(.required(storage))
        }
        for key in ["storageClassName", "volumeAttributesClassName"] { problems.name(spec, key, path, optional: true) }
        problems.oneOfIfSet(spec, "volumeMode", ["Block", "Filesystem"], path)
        for key in ["dataSource", "dataSourceRef"] { source(spec.part(key), path / key, &problems) }
        if let source = spec.part("dataSource"), let reference = spec.part("dataSourceRef") {
            if !reference.text("namespace").isEmpty {
                problems.append(
                    .invalid(
                        path, .string((path / "dataSource").description),
                        "may not be specified when dataSourceRef.namespace is specified"))
            } else if ["apiGroup", "kind", "name"].contains(where: { source.text($0) != reference.text($0) }) {
                problems.append(.invalid(path, .string((path / "dataSource").description), "must match dataSourceRef"))
            }
        }
        return problems
    }

    private static func source(_ source: Value?, _ path: FieldPath, _ problems: inout [Problem]) {
        guard let source else { return }
        for key in ["name", "kind"] { problems.required(source, key, path) }
        let group = source.text("apiGroup")
        if group.isEmpty, source.text("kind") != "PersistentVolumeClaim" {
            problems.append(
                .invalid(
                    path, .string(source.text("kind")),
                    "must be 'PersistentVolumeClaim' when referencing the default apiGroup"))
        }
        if !group.isEmpty { problems.subdomain(group, path / "apiGroup") }
    }
}
