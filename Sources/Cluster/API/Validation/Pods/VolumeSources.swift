import ClusterObjects

/// Volume kinds that pods and persistent volumes share and that need no more than a few fields.
enum VolumeSources {
    /// Fields that each kind requires.
    private static let required: [String: [String]] = [
        "gitRepo": ["repository"], "gcePersistentDisk": ["pdName"], "awsElasticBlockStore": ["volumeID"], "nfs": ["server", "path"],
        "glusterfs": ["endpoints", "path"], "persistentVolumeClaim": ["claimName"], "rbd": ["image"], "cinder": ["volumeID"],
        "flexVolume": ["driver"], "azureFile": ["secretName", "shareName"], "vsphereVolume": ["volumePath"],
        "photonPersistentDisk": ["pdID"], "portworxVolume": ["volumeID"], "azureDisk": ["diskName", "diskURI"],
        "scaleIO": ["gateway", "system", "volumeName"], "local": ["path"],
    ]

    /// `owner` is the volume's path. `isPersistent` is whether the volume is one of the cluster's, which name the namespaces of their
    /// Secrets, `volumeName` its name then.
    static func validate(
        _ source: Value, _ kind: String, _ owner: FieldPath, isPersistent: Bool = false, volumeName: String = "",
        _ problems: inout [Problem]
    ) {
        // Kubernetes names this one so.
        let path = owner / (kind == "gcePersistentDisk" ? "persistentDisk" : kind)
        if kind == "rbd" || kind == "cephfs", source.list("monitors").isEmpty {
            problems.append(.required(path / "monitors"))
        }
        for field in required[kind] ?? [] { problems.required(source, field, path) }
        switch kind {
        case "hostPath": hostPath(source, path, &problems)
        case "nfs":
            let place = source.text("path")
            if !place.hasPrefix("/") { problems.append(.invalid(path / "path", .string(place), "must be an absolute path")) }
        case "gcePersistentDisk", "awsElasticBlockStore": problems.range(source, "partition", 0...255, path)
        case "iscsi":
            ISCSIRules.validate(source, path, volumeName: isPersistent ? volumeName : nil, &problems)
        case "fc": fibreChannel(source, path, &problems)
        case "flocker": flocker(source, path, &problems)
        case "gitRepo":
            problems.add(path / "directory", source.text("directory"), Formats.descendingPath(source.text("directory")))
        case "local":
            problems.add(path / "path", source.text("path"), Formats.noBacksteps(source.text("path")))
        case "quobyte": quobyte(source, path, &problems)
        case "flexVolume": flexible(source, path, &problems)
        case "azureDisk": azureDisk(source, path, &problems)
        case "storageos":
            let name = source.text("volumeName")
            if name.isEmpty { problems.append(.required(path / "volumeName")) } else { problems.label(name, path / "volumeName") }
            let namespace = source.text("volumeNamespace")
            if !namespace.isEmpty { problems.label(namespace, path / "volumeNamespace") }
            secret(source, path, withNamespace: isPersistent, &problems)
        case "cinder": secret(source, path, withNamespace: isPersistent, &problems)
        case "azureFile":
            if source["secretNamespace"]?.string == "" { problems.append(.required(path / "secretNamespace")) }
        case "glusterfs":
            guard isPersistent, let namespace = source["endpointsNamespace"]?.string else { break }
            let wrong =
                namespace.isEmpty
                ? ["if the endpointnamespace is set, it must be a valid namespace name"] : NameFormats.label(namespace)
            problems.add(path / "endpointsNamespace", namespace, wrong)
        default: break
        }
    }

    private static func hostPath(_ source: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let place = source.text("path")
        if place.isEmpty { return problems.append(.required(path / "path")) }
        problems.add(path / "path", place, Formats.noBacksteps(place))
        let types = ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"]
        problems.oneOfIfSet(source, "type", types, path)
    }

    private static func secret(_ source: Value, _ path: FieldPath, withNamespace: Bool, _ problems: inout [Problem]) {
        guard let reference = source.part("secretRef") else { return }
        for key in withNamespace ? ["name", "namespace"] : ["name"] { problems.required(reference, key, path / "secretRef") }
    }

    private static func fibreChannel(_ source: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let (names, identities) = (source.list("targetWWNs"), source.list("wwids"))
        if names.isEmpty, identities.isEmpty {
            problems.append(.required(path / "targetWWNs", "must specify either targetWWNs or wwids, but not both"))
        }
        guard !names.isEmpty else { return }
        if !identities.isEmpty {
            problems.append(
                .invalid(path / "targetWWNs", .array(names), "targetWWNs and wwids can not be specified simultaneously"))
        }
        if source["lun"]?.int == nil {
            problems.append(.required(path / "lun", "lun is required if targetWWNs is specified"))
        } else {
            problems.range(source, "lun", 0...255, path)
        }
    }

    private static func flocker(_ source: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let (name, identity) = (source.text("datasetName"), source.text("datasetUUID"))
        if name.isEmpty, identity.isEmpty {
            problems.append(.required(path, "one of datasetName and datasetUUID is required"))
        }
        if !name.isEmpty, !identity.isEmpty {
            problems.append(
                .invalid(path, "resource", "datasetName and datasetUUID can not be specified simultaneously"))
        }
        if name.contains("/") { problems.append(.invalid(path / "datasetName", .string(name), "must not contain '/'")) }
    }

    private static func quobyte(_ source: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let registry = source.text("registry")
        let form = "must be a host:port pair or multiple pairs separated by commas"
        if registry.isEmpty {
            problems.append(.required(path / "registry", form))
        } else if source.text("tenant").utf8.count >= 65 {
            problems.append(.required(path / "tenant", "must be a UUID and may not exceed a length of 64 characters"))
        } else {
            for pair in registry.split(separator: ",", omittingEmptySubsequences: false) where !isHostAndPort(pair) {
                problems.append(.invalid(path / "registry", .string(registry), form))
            }
        }
        problems.required(source, "volume", path)
    }

    /// `host:port` or `[address]:port`, as Go's SplitHostPort takes it.
    private static func isHostAndPort(_ text: Substring) -> Bool {
        guard let colon = text.lastIndex(of: ":") else { return false }
        let host = text[..<colon]
        if host.hasPrefix("[") { return host.hasSuffix("]") && !host.dropFirst().dropLast().contains { "[]".contains($0) } }
        return !host.contains { ":[]".contains($0) }
    }

    private static func flexible(_ source: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        for key in source.map("options").keys {
            let parts = key.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            let owner = "." + (parts.first ?? "").lowercased()
            if owner.hasSuffix(".kubernetes.io") || owner.hasSuffix(".k8s.io") {
                problems.append(
                    .invalid((path / "options").key(key), .string(key), "kubernetes.io and k8s.io namespaces are reserved"))
            }
        }
    }

    private static func azureDisk(_ source: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        problems.oneOfIfSet(source, "cachingMode", ["None", "ReadOnly", "ReadWrite"], path)
        problems.oneOfIfSet(source, "kind", ["Dedicated", "Managed", "Shared"], path)
        guard let kind = source["kind"]?.string else { return }
        let place = source.text("diskURI")
        let (start, form) =
            kind == "Managed"
            ? (
                "/subscriptions/",
                "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"
            ) : ("https://", "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd")
        if !place.hasPrefix(start) { problems.append(.notSupported(path / "diskURI", .string(place), [form])) }
    }
}

/// What iSCSI volumes must be.
enum ISCSIRules {
    static let tooLong =
        "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified."

    /// `volumeName` is that of a persistent volume, nil in a pod.
    static func validate(_ source: Value, _ path: FieldPath, volumeName: String?, _ problems: inout [Problem]) {
        let portal = source.text("targetPortal")
        problems.required(source, "targetPortal", path)
        if let volumeName, source.has("initiatorName"), "\(volumeName):\(portal)".utf8.count > 64 {
            problems.append(.invalid(path / "targetportal", .string(portal), tooLong))
        }
        let name = source.text("iqn")
        if name.isEmpty {
            problems.append(.required(path / "iqn"))
        } else if let wrong = problem(name, isPersistent: volumeName != nil) {
            problems.append(.invalid(path / "iqn", .string(name), wrong))
        }
        problems.range(source, "lun", 0...255, path)
        if source.flag("chapAuthDiscovery") || source.flag("chapAuthSession"), !source.has("secretRef") {
            problems.append(.required(path / "secretRef"))
        }
        if volumeName != nil, let reference = source.part("secretRef") { problems.required(reference, "name", path / "secretRef") }
        if let initiator = source["initiatorName"]?.string, let wrong = problem(initiator, isPersistent: volumeName != nil) {
            problems.append(.invalid(path / "initiatorname", .string(initiator), wrong))
        }
    }

    /// What is wrong with a qualified name; of persistent volumes Kubernetes does not say how one starts.
    private static func problem(_ name: String, isPersistent: Bool) -> String? {
        let form = "must be valid format"
        switch name.prefix(3) {
        case "iqn": return isQualified(name) ? nil : form
        case "eui": return isNumbered(name, digits: 16) ? nil : form
        case "naa": return isNumbered(name, digits: 32) ? nil : form
        default: return isPersistent ? form : "\(form) starting with iqn, eui, or naa"
        }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10 || byte &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "A") < 26
    }

    /// `iqn.2001-04.com.example:storage`.
    private static func isQualified(_ name: String) -> Bool {
        guard let colon = name.firstIndex(of: ":") else { return false }
        let rest = name[name.index(after: colon)...].utf8
        let parts = name[..<colon].split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "iqn", !parts[2].isEmpty, !rest.isEmpty else { return false }
        let date = Array(parts[1].utf8)
        let isDate = date.count == 7 && date.enumerated().allSatisfy { $0 == 4 ? $1 == UInt8(ascii: "-") : $1 &- 48 < 10 }
        let isOwner = parts[2].utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
        return isDate && isOwner && !rest.contains { ",;*&$| \t\n\r\u{0B}\u{0C}".utf8.contains($0) }
    }

    private static func isNumbered(_ name: String, digits: Int) -> Bool {
        let rest = name.utf8.dropFirst(4)
        return rest.count == digits && rest.allSatisfy(isAlphanumeric)
    }
}

/// Names of CSI drivers.
enum CSIRules {
    static func driverName(_ name: String, _ path: FieldPath, _ problems: inout [Problem]) {
        if name.isEmpty { return problems.append(.required(path)) }
        if name.utf8.count > 63 { problems.append(.tooLong(path, most: 63)) }
        problems.add(path, name, NameFormats.subdomain(name.lowercased()))
    }

    /// A Secret in a namespace.
    static func secret(_ volume: Value, _ key: String, _ path: FieldPath, _ problems: inout [Problem]) {
        guard let reference = volume.part(key) else { return }
        let here = path / key
        problems.name(reference, "name", here)
        let namespace = reference.text("namespace")
        if namespace.isEmpty { problems.append(.required(here / "namespace")) } else { problems.label(namespace, here / "namespace") }
    }
}
