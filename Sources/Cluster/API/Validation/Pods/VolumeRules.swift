import ClusterObjects

/// What a pod's volumes must be. Source: pkg/apis/core/validation, ValidateVolumes.
enum VolumeRules {
    /// Kinds of volumes in the order they are looked at: of several, the first is the volume and the others are refused.
    private static let kinds = [
        "emptyDir", "hostPath", "gitRepo", "gcePersistentDisk", "awsElasticBlockStore", "secret", "nfs", "iscsi", "glusterfs",
        "flocker", "persistentVolumeClaim", "rbd", "cinder", "cephfs", "quobyte", "downwardAPI", "fc", "flexVolume", "configMap",
        "azureFile", "vsphereVolume", "photonPersistentDisk", "portworxVolume", "azureDisk", "storageos", "projected", "scaleIO",
        "csi", "ephemeral", "image",
    ]
    /// Where Kubernetes writes a second kind's field in a way of its own.
    private static let surplus = ["cephfs": "cephFS", "downwardAPI": "downwarAPI"]

    /// The sound volumes by name. `isPod` is whether they are a pod's own rather than a template's, `podName` its name if it is.
    static func validate(
        _ volumes: [Value], _ path: FieldPath, isPod: Bool, podName: String, _ problems: inout [Problem]
    ) -> [String: Value] {
        var sound: [String: Value] = [:]
        let made = podName.isEmpty ? [] : Set(volumes.filter { $0.has("ephemeral") }.map { "\(podName)-\($0.text("name"))" })
        for (index, volume) in volumes.enumerated() {
            let here = path.index(index)
            let name = volume.text("name")
            var wrong: [Problem] = []
            source(volume, here, isPod: isPod, podName: podName, &wrong)
            if name.isEmpty { wrong.append(.required(here / "name")) } else { wrong.label(name, here / "name") }
            if sound[name] != nil { wrong.append(.duplicate(here / "name", .string(name))) }
            if wrong.isEmpty { sound[name] = volume } else { problems += wrong }
            if let claim = volume["persistentVolumeClaim"]?["claimName"]?.string, made.contains(claim) {
                problems.append(
                    .invalid(
                        here / "persistentVolumeClaim" / "claimName", .string(claim),
                        "must not reference a PVC that gets created for an ephemeral volume"))
            }
        }
        return sound
    }

    private static func source(_ volume: Value, _ path: FieldPath, isPod: Bool, podName: String, _ problems: inout [Problem]) {
        let given = kinds.filter { volume.has($0) }
        guard let first = given.first else { return problems.append(.required(path, "must specify a volume type")) }
        let name = volume.text("name")
        let source = volume[first] ?? .emptyObject
        validate(source, first, path, isPod: isPod, &problems)
        for kind in given.dropFirst() {
            problems.append(.forbidden(path / (surplus[kind] ?? kind), "may not specify more than 1 volume type"))
        }
        if first == "iscsi", source.has("initiatorName"), "\(name):\(source.text("targetPortal"))".utf8.count > 64 {
            problems.append(.invalid(path / "name", .string(name), ISCSIRules.tooLong))
        }
        if first == "ephemeral", !podName.isEmpty, !name.isEmpty {
            let claim = "\(podName)-\(name)"
            for detail in NameFormats.subdomain(claim) {
                problems.append(.invalid(path / "name", .string(name), "PVC name \"\(claim)\": \(detail)"))
            }
        }
    }

    private static func validate(_ source: Value, _ kind: String, _ volume: FieldPath, isPod: Bool, _ problems: inout [Problem]) {
        let path = volume / kind
        switch kind {
        case "emptyDir":
            if source["sizeLimit"]?.quantity?.isNegative == true {
                problems.append(.forbidden(path / "sizeLimit", "SizeLimit field must be a valid resource quantity"))
            }
        case "secret", "configMap":
            problems.required(source, kind == "secret" ? "secretName" : "name", path)
            FileRules.mode(source, "defaultMode", path, &problems)
            FileRules.items(source, path, &problems)
        case "downwardAPI":
            FileRules.mode(source, "defaultMode", path, &problems)
            for file in source.list("items") { FileRules.downward(file, path, &problems) }
        case "projected": ProjectedVolumeRules.validate(source, path, &problems)
        case "ephemeral":
            guard let template = source.part("volumeClaimTemplate") else {
                return problems.append(.required(path / "volumeClaimTemplate"))
            }
            claimTemplate(template, path / "volumeClaimTemplate", &problems)
        case "csi":
            CSIRules.driverName(source.text("driver"), path / "driver", &problems)
            guard let reference = source.part("nodePublishSecretRef") else { return }
            let name = reference.text("name")
            if name.isEmpty {
                problems.append(.required(path / "nodePublishSecretRef" / "name"))
            } else {
                problems.subdomain(name, path / "name")
            }
        case "image":
            // A template may leave it to whoever makes pods of it.
            if isPod { problems.required(source, "reference", path) }
            problems.oneOf(source, "pullPolicy", ["Always", "IfNotPresent", "Never"], path)
        default: VolumeSources.validate(source, kind, volume, &problems)
        }
    }

    /// Of a claim that is made for a pod only labels and annotations can be said.
    private static func claimTemplate(_ template: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let here = path / "metadata"
        let metadata = template["metadata"] ?? .emptyObject
        problems.annotations(metadata["annotations"], here / "annotations")
        problems.labels(metadata["labels"], here / "labels")
        let others = [
            "name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp",
            "deletionTimestamp", "deletionGracePeriodSeconds", "ownerReferences", "finalizers", "managedFields",
        ]
        for key in others where !(metadata.part(key)?.isZero ?? true) {
            let name = key == "uid" ? "uID" : key
            problems.append(.forbidden(here / name, "cannot be set"))
        }
        problems += ClaimRules.spec(template["spec"] ?? .emptyObject, path / "spec")
    }
}
