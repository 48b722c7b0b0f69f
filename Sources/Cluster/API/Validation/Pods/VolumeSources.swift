import ClusterObjects

/// Volume kinds that pods and persistent volumes share and that need no more than a few fields.
enum VolumeSources {
    /// Fields that each kind requires.
    private static let required: [String: [String]] = [
        "gitRepo": ["repository"], "gcePersistentDisk": ["pdName"], "awsElasticBlockStore": ["volumeID"], "nfs": ["server", "path"],
        "iscsi": ["targetPortal", "iqn"], "glusterfs": ["endpoints", "path"], "persistentVolumeClaim": ["claimName"],
        "rbd": ["image"], "cinder": ["volumeID"], "quobyte": ["volume"], "flexVolume": ["driver"],
        "azureFile": ["secretName", "shareName"], "vsphereVolume": ["volumePath"], "photonPersistentDisk": ["pdID"],
        "portworxVolume": ["volumeID"], "azureDisk": ["diskName", "diskURI"], "scaleIO": ["gateway", "system", "volumeName"],
        "storageos": ["volumeName"], "local": ["path"],
    ]

    static func validate(_ source: Value, _ kind: String, _ path: FieldPath, _ problems: inout [Problem]) {
        if kind == "rbd" || kind == "cephfs", source.list("monitors").isEmpty {
            problems.append(.required(path / "monitors"))
        }
        for field in required[kind] ?? [] { problems.required(source, field, path) }
        switch kind {
        case "nfs":
            let place = source.text("path")
            if !place.hasPrefix("/") { problems.append(.invalid(path / "path", .string(place), "must be an absolute path")) }
        case "gcePersistentDisk", "awsElasticBlockStore": problems.range(source, "partition", 0...255, path)
        case "iscsi":
            problems.range(source, "lun", 0...255, path)
            let name = source.text("iqn")
            if !name.isEmpty, !["iqn", "eui", "naa"].contains(where: name.hasPrefix) {
                problems.append(
                    .invalid(path / "iqn", .string(name), "must be valid format starting with iqn, eui, or naa"))
            }
            if source.flag("chapAuthDiscovery") || source.flag("chapAuthSession"), !source.has("secretRef") {
                problems.append(.required(path / "secretRef"))
            }
        case "fc":
            let (names, identities) = (source.list("targetWWNs"), source.list("wwids"))
            if names.isEmpty, identities.isEmpty {
                problems.append(
                    .required(path / "targetWWNs", "must specify either targetWWNs or wwids, but not both"))
            }
            if !names.isEmpty, !identities.isEmpty {
                problems.append(
                    .invalid(
                        path / "targetWWNs", .array(names), "targetWWNs and wwids can not be specified simultaneously"))
            }
            if !names.isEmpty {
                if source["lun"]?.int == nil {
                    problems.append(.required(path / "lun", "lun is required if targetWWNs is specified"))
                } else {
                    problems.range(source, "lun", 0...255, path)
                }
            }
        case "flocker":
            if source.text("datasetName").isEmpty, source.text("datasetUUID").isEmpty {
                problems.append(.required(path, "one of datasetName and datasetUUID is required"))
            }
        case "gitRepo":
            problems.add(path / "directory", source.text("directory"), Formats.descendingPath(source.text("directory")))
        case "local":
            problems.add(path / "path", source.text("path"), Formats.noBacksteps(source.text("path")))
        default: break
        }
    }
}

/// Names of CSI drivers.
enum CSIRules {
    static func driverName(_ name: String, _ path: FieldPath, _ problems: inout [Problem]) {
        if name.isEmpty { problems.append(.required(path)) }
        if name.utf8.count > 63 { problems.append(.tooLong(path, most: 63)) }
        for detail in NameFormats.subdomain(name.lowercased()) where !name.isEmpty {
            problems.append(.invalid(path, .string(name), detail))
        }
    }
}
