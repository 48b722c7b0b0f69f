import ClusterObjects

extension Kinds {
    static func persistentVolume(_ resource: inout Resource) {
        resource.rules.hasStatus = true
        resource.rules.prepareForCreate = { volume in
            volume["status"] = ["phase": "Pending"]
            // It entered its first phase when it was made.
            volume[path: "status", "lastPhaseTransitionTime"] = volume[path: "metadata", "creationTimestamp"]
        }
        resource.rules.prepareForUpdate = { StatusOwnership.keep(&$0, $1, $2) }
        resource.rules.setDefaults = { volume in
            volume.edit("spec") { spec in
                spec.fill("persistentVolumeReclaimPolicy", "Retain")
                spec.fill("volumeMode", "Filesystem")
                spec.edit("hostPath") { $0.fill("type", "") }
            }
        }
        resource.rules.warnings = { volume, _ in
            guard volume[path: "spec", "persistentVolumeReclaimPolicy"]?.string == "Recycle" else { return [] }
            return [
                "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to "
                    + "use dynamic provisioning."
            ]
        }
        resource.rules.validate = PersistentVolumeRules.validate
        resource.rules.validateUpdate = PersistentVolumeRules.validateUpdate
    }
}

/// What PersistentVolumes must be. Source: pkg/apis/core/validation.
enum PersistentVolumeRules {
    private static let path = FieldPath("spec")
    private static let kinds = [
        "hostPath", "gcePersistentDisk", "awsElasticBlockStore", "glusterfs", "flocker", "nfs", "rbd", "quobyte", "cephfs", "iscsi",
        "cinder", "fc", "flexVolume", "azureFile", "vsphereVolume", "photonPersistentDisk", "portworxVolume", "azureDisk", "scaleIO",
        "local", "storageos", "csi",
    ]

    @Sendable static func validate(_ object: Value) -> [Problem] {
        let spec = object["spec"] ?? .emptyObject
        var problems: [Problem] = []
        let modes = spec["accessModes"]?.strings ?? []
        if modes.isEmpty { problems.append(.required(path / "accessModes")) }
        for mode in modes where !ClaimRules.accessModes.contains(mode) {
            problems.append(.notSupported(path / "accessModes", .string(mode), ClaimRules.accessModes))
        }
        if modes.contains("ReadWriteOncePod"), Set(modes).count > 1 {
            problems.append(.forbidden(path / "accessModes", "may not use ReadWriteOncePod with other access modes"))
        }
        capacity(spec, &problems)
        if spec.has("persistentVolumeReclaimPolicy") {
            problems.oneOfIfSet(spec, "persistentVolumeReclaimPolicy", ["Delete", "Recycle", "Retain"], path)
        }
        if let affinity = spec.part("nodeAffinity") {
            let here = path / "nodeAffinity" / "required"
            if let required = affinity.part("required") {
                AffinityRules.nodeSelector(required, here, &problems)
            } else {
                problems.append(.required(here, "must specify required node constraints"))
            }
        }
        source(spec, name: object[path: "metadata", "name"]?.string ?? "", &problems)
        problems.name(spec, "storageClassName", path, optional: true)
        problems.oneOfIfSet(spec, "volumeMode", ["Block", "Filesystem"], path)
        if let name = spec["volumeAttributesClassName"]?.string {
            let here = path / "volumeAttributesClassName"
            if name.isEmpty { problems.append(.required(here, "an empty string is disallowed")) } else { problems.subdomain(name, here) }
            if !spec.has("csi") {
                problems.append(.required(path / "csi", "has to be specified when using volumeAttributesClassName"))
            }
        }
        return problems
    }

    private static func capacity(_ spec: Value, _ problems: inout [Problem]) {
        let capacity = spec.map("capacity")
        if capacity.isEmpty { problems.append(.required(path / "capacity")) }
        if capacity["storage"] == nil || capacity.count > 1 {
            problems.append(.notSupported(path / "capacity", spec["capacity"] ?? .null, ["storage"]))
        }
        for (name, value) in capacity {
            let here = (path / "capacity").key(name)
            guard let amount = value.quantity else { continue }
            if amount.isNegative || amount.isZero {
                problems.append(.invalid(here, .string(amount.description), [Problem].notPositive))
            }
        }
    }

    private static func source(_ spec: Value, name: String, _ problems: inout [Problem]) {
        let given = kinds.filter { spec.has($0) }
        guard let first = given.first, let source = spec[first] else {
            return problems.append(.required(path, "must specify a volume type"))
        }
        switch first {
        case "csi":
            CSIRules.driverName(source.text("driver"), path / "csi" / "driver", &problems)
            problems.required(source, "volumeHandle", path / "csi")
            for key in ["controllerPublish", "controllerExpand", "nodePublish", "nodeExpand"] {
                CSIRules.secret(source, "\(key)SecretRef", path / "csi", &problems)
            }
        default: VolumeSources.validate(source, first, path, isPersistent: true, volumeName: name, &problems)
        }
        if first == "local", !spec.has("nodeAffinity") {
            problems.append(.required(path / "nodeAffinity", "Local volume requires node affinity"))
        }
        // Kubernetes lets a FlexVolume stand beside another, and writes one kind in a way of its own.
        for kind in given.dropFirst() where kind != "flexVolume" {
            problems.append(.forbidden(path / (kind == "cephfs" ? "cephFS" : kind), "may not specify more than 1 volume type"))
        }
        let isRoot = spec["hostPath"]?.text("path").split(separator: "/").isEmpty ?? false
        if isRoot, spec.text("persistentVolumeReclaimPolicy") == "Recycle" {
            problems.append(
                .forbidden(path / "persistentVolumeReclaimPolicy", "may not be 'recycle' for a hostPath mount of '/'"))
        }
    }

    @Sendable static func validateUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        if subresource == "status" { return [] }
        var problems = validate(new)
        var (spec, before) = (new["spec"] ?? .emptyObject, old["spec"] ?? .emptyObject)
        // The Secret for growing the volume may be named later.
        if before.has("csi"), spec.has("csi"), !(before["csi"]?.has("controllerExpandSecretRef") ?? false) {
            spec[path: "csi", "controllerExpandSecretRef"] = nil
            before[path: "csi", "controllerExpandSecretRef"] = nil
        }
        func sources(_ spec: Value) -> Value { .object(Fields(kinds.compactMap { kind in spec.part(kind).map { (kind, $0) } })) }
        if sources(spec) != sources(before) {
            let diff = LineDiff.unified(GoJSON(sources(before)).lines, GoJSON(sources(spec)).lines)
            problems.append(
                .forbidden(
                    path / "persistentvolumesource", "spec.persistentvolumesource is immutable after creation\n\(diff)"))
        }
        problems.immutable(spec["volumeMode"], before["volumeMode"], FieldPath("volumeMode"))
        if before.has("nodeAffinity") {
            problems.immutable(spec["nodeAffinity"], before["nodeAffinity"], FieldPath("nodeAffinity"))
        }
        if before.has("volumeAttributesClassName"), !spec.has("volumeAttributesClassName") {
            problems.append(.forbidden(path / "volumeAttributesClassName", "update from non-nil value to nil is forbidden"))
        }
        return problems
    }
}
