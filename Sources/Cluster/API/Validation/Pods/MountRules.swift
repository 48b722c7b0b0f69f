import ClusterObjects

/// What a container's volume mounts and devices must be.
enum MountRules {
    static func mounts(_ container: Value, _ volumes: [String: Value], _ path: FieldPath, _ problems: inout [Problem]) {
        let path = path / "volumeMounts"
        let devices = container.list("volumeDevices")
        var points: Set<String> = []
        for (index, mount) in container.list("volumeMounts").enumerated() {
            let here = path.index(index)
            let (name, point) = (mount.text("name"), mount.text("mountPath"))
            if name.isEmpty { problems.append(.required(here / "name")) }
            if volumes[name] == nil { problems.append(.notFound(here / "name", .string(name))) }
            if point.isEmpty { problems.append(.required(here / "mountPath")) }
            if !points.insert(point).inserted { problems.append(.invalid(here / "mountPath", .string(point), "must be unique")) }
            if devices.contains(where: { $0.text("name") == name }) {
                problems.append(.invalid(here / "name", .string(name), "must not already exist in volumeDevices"))
            }
            if devices.contains(where: { $0.text("devicePath") == point }) {
                problems.append(
                    .invalid(here / "mountPath", .string(point), "must not already exist as a path in volumeDevices"))
            }
            // Kubernetes names the list, not the element, for what follows.
            let (sub, expression) = (mount.text("subPath"), mount.text("subPathExpr"))
            if !sub.isEmpty { problems.add(path / "subPath", sub, Formats.descendingPath(sub)) }
            if !expression.isEmpty {
                if !sub.isEmpty {
                    problems.append(
                        .invalid(
                            here / "subPathExpr", .string(expression), "subPathExpr and subPath are mutually exclusive"))
                }
                problems.add(path / "subPathExpr", expression, Formats.descendingPath(expression))
            }
            propagation(mount, container, path, &problems)
            recursion(mount, path / "recursiveReadOnly", &problems)
        }
    }

    private static func propagation(_ mount: Value, _ container: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        guard let mode = mount.part("mountPropagation") else { return }
        let here = path / "mountPropagation"
        let modes = ["Bidirectional", "HostToContainer", "None"]
        if !modes.contains(mode.string ?? "") { problems.append(.notSupported(here, mode, modes)) }
        let isPrivileged = container[path: "securityContext", "privileged"]?.bool ?? false
        if mode.string == "Bidirectional", !isPrivileged {
            problems.append(.forbidden(here, "Bidirectional mount propagation is available only to privileged containers"))
        }
    }

    private static func recursion(_ mount: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        guard let mode = mount.part("recursiveReadOnly") else { return }
        switch mode.string {
        case "Disabled": break
        case "Enabled", "IfPossible":
            if !mount.flag("readOnly") {
                problems.append(.forbidden(path, "may only be specified when readOnly is true"))
            }
            let propagation = mount.text("mountPropagation")
            if !propagation.isEmpty, propagation != "None" {
                problems.append(.forbidden(path, "may only be specified when mountPropagation is None or not specified"))
            }
        default: problems.append(.notSupported(path, mode, ["Disabled", "Enabled", "IfPossible"]))
        }
    }

    static func devices(_ container: Value, _ volumes: [String: Value], _ path: FieldPath, _ problems: inout [Problem]) {
        let mounts = container.list("volumeMounts")
        var (names, paths): (Set<String>, Set<String>) = ([], [])
        for (index, device) in container.list("volumeDevices").enumerated() {
            let here = (path / "volumeDevices").index(index)
            let (name, place) = (device.text("name"), device.text("devicePath"))
            if name.isEmpty { problems.append(.required(here / "name")) }
            if names.contains(name) { problems.append(.invalid(here / "name", .string(name), "must be unique")) }
            if let volume = volumes[name] {
                if !volume.has("persistentVolumeClaim"), !volume.has("ephemeral") {
                    problems.append(
                        .invalid(
                            here / "name", .string(name),
                            "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode"))
                }
            } else {
                problems.append(.notFound(here / "name", .string(name)))
            }
            if place.isEmpty { problems.append(.required(here / "devicePath")) }
            if paths.contains(place) { problems.append(.invalid(here / "devicePath", .string(place), "must be unique")) }
            if !Formats.noBacksteps(place).isEmpty {
                problems.append(.invalid(here / "devicePath", .string(place), "can not contain backsteps ('..')"))
            } else {
                paths.insert(place)
            }
            if mounts.contains(where: { $0.text("name") == name }) {
                problems.append(.invalid(here / "name", .string(name), "must not already exist in volumeMounts"))
            }
            if mounts.contains(where: { $0.text("mountPath") == place }) {
                problems.append(
                    .invalid(here / "devicePath", .string(place), "must not already exist as a path in volumeMounts"))
            }
            if !name.isEmpty { names.insert(name) }
        }
    }
}
