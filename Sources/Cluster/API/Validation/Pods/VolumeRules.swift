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

    /// The sound volumes by name.
    static func validate(
        _ volumes: [Value], _ path: FieldPath, podName: String, _ problems: inout [Problem]
    ) -> [String: Value] {
        var sound: [String: Value] = [:]
        for (index, volume) in volumes.enumerated() {
            let here = path.index(index)
            let name = volume.text("name")
            var wrong: [Problem] = []
            source(volume, here, podName: podName, &wrong)
            if name.isEmpty { wrong.append(.required(here / "name")) } else { wrong.label(name, here / "name") }
            if sound[name] != nil { wrong.append(.duplicate(here / "name", .string(name))) }
            if wrong.isEmpty { sound[name] = volume } else { problems += wrong }
        }
        return sound
    }

    private static func source(_ volume: Value, _ path: FieldPath, podName: String, _ problems: inout [Problem]) {
        let given = kinds.filter { volume.has($0) }
        guard let first = given.first else { return problems.append(.required(path, "must specify a volume type")) }
        validate(volume[first] ?? .emptyObject, first, path / first, &problems)
        for kind in given.dropFirst() {
            problems.append(.forbidden(path / kind, "may not specify more than 1 volume type"))
        }
        let name = volume.text("name")
        if first == "ephemeral", !podName.isEmpty, !name.isEmpty {
            let claim = "\(podName)-\(name)"
            for detail in NameFormats.subdomain(claim) {
                problems.append(.invalid(path / "name", .string(name), "PVC name \"\(claim)\": \(detail)"))
            }
        }
    }

    private static func validate(_ source: Value, _ kind: String, _ path: FieldPath, _ problems: inout [Problem]) {
        switch kind {
        case "emptyDir":
            if source["sizeLimit"]?.quantity?.isNegative == true {
                problems.append(.forbidden(path / "sizeLimit", "SizeLimit field must be a valid resource quantity"))
            }
        case "hostPath": hostPath(source, path, &problems)
        case "secret", "configMap":
            problems.required(source, kind == "secret" ? "secretName" : "name", path)
            mode(source, "defaultMode", path, &problems)
            items(source, path, &problems)
        case "downwardAPI":
            mode(source, "defaultMode", path, &problems)
            for file in source.list("items") { downwardFile(file, path, &problems) }
        case "projected":
            mode(source, "defaultMode", path, &problems)
            projected(source, path, &problems)
        case "ephemeral":
            guard let template = source.part("volumeClaimTemplate") else {
                return problems.append(.required(path / "volumeClaimTemplate"))
            }
            let here = path / "volumeClaimTemplate"
            problems.labels(template[path: "metadata", "labels"], here / "metadata" / "labels")
            problems += ClaimRules.spec(template["spec"] ?? .emptyObject, here / "spec")
        case "csi":
            CSIRules.driverName(source.text("driver"), path / "driver", &problems)
            if let reference = source.part("nodePublishSecretRef") {
                problems.name(reference, "name", path / "nodePublishSecretRef")
            }
        case "image":
            problems.required(source, "reference", path)
            problems.oneOf(source, "pullPolicy", ["Always", "IfNotPresent", "Never"], path)
        default: VolumeSources.validate(source, kind, path, &problems)
        }
    }

    static func hostPath(_ source: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let place = source.text("path")
        if place.isEmpty { return problems.append(.required(path / "path")) }
        problems.add(path / "path", place, Formats.noBacksteps(place))
        let types = ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"]
        if let type = source.part("type"), !types.contains(type.string ?? "") {
            problems.append(.notSupported(path / "type", type, types))
        }
    }

    private static func mode(_ source: Value, _ key: String, _ path: FieldPath, _ problems: inout [Problem]) {
        if let mode = source[key]?.int, !(0...0o777 ~= mode) {
            problems.append(
                .invalid(path / key, Value(mode), "must be a number between 0 and 0777 (octal), both inclusive"))
        }
    }

    private static func items(_ source: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        for (index, item) in source.list("items").enumerated() {
            let here = (path / "items").index(index)
            problems.required(item, "key", here)
            localPath(item, here, &problems)
            mode(item, "mode", here, &problems)
        }
    }

    /// A relative path that neither steps back nor starts with two dots, which are for what keeps volumes up to date.
    private static func localPath(_ item: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let place = item.text("path")
        if place.isEmpty { problems.append(.required(path / "path")) }
        problems.add(path / "path", place, Formats.descendingPath(place))
        if place.hasPrefix(".."), place != "..", !place.hasPrefix("../") {
            problems.append(.invalid(path / "path", .string(place), "must not start with '..'"))
        }
    }

    private static func downwardFile(_ file: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        localPath(file, path, &problems)
        if let field = file.part("fieldRef") {
            let allowed = ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"]
            DownwardRules.field(field, allowed, path / "fieldRef", &problems)
            if file.has("resourceFieldRef") {
                problems.append(
                    .invalid(path, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously"))
            }
        } else if let resource = file.part("resourceFieldRef") {
            DownwardRules.resource(resource, path / "resourceFieldRef", inVolume: true, &problems)
        } else {
            problems.append(.required(path, "one of fieldRef and resourceFieldRef is required"))
        }
        mode(file, "mode", path, &problems)
    }

    private static func projected(_ volume: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        var places: Set<String> = []
        func claim(_ place: String, shown: String) {
            if !place.isEmpty, !places.insert(place).inserted {
                problems.append(.invalid(path, .string(shown), "conflicting duplicate paths"))
            }
        }
        for (index, source) in volume.list("sources").enumerated() {
            let here = (path / "sources").index(index)
            var count = 0
            for kind in ["secret", "configMap"] {
                guard let part = source.part(kind) else { continue }
                count += 1
                problems.required(part, "name", here / kind)
                items(part, here / kind, &problems)
                for item in part.list("items") { claim(item.text("path"), shown: part.text("name")) }
            }
            if let part = source.part("downwardAPI") {
                count += 1
                for file in part.list("items") {
                    downwardFile(file, here / "downwardAPI", &problems)
                    claim(file.text("path"), shown: file.text("path"))
                }
            }
            if let token = source.part("serviceAccountToken") {
                count += 1
                let seconds = token.number("expirationSeconds")
                let field = here / "serviceAccountToken" / "expirationSeconds"
                if seconds < 600 {
                    problems.append(.invalid(field, Value(seconds), "may not specify a duration less than 10 minutes"))
                }
                if seconds > 1 << 32 {
                    problems.append(.invalid(field, Value(seconds), "may not specify a duration larger than 2^32 seconds"))
                }
                localPath(token, path, &problems)
            }
            for kind in ["clusterTrustBundle", "podCertificate"] where source.has(kind) { count += 1 }
            if count > 1 { problems.append(.forbidden(here, "may not specify more than 1 volume type")) }
        }
    }
}
