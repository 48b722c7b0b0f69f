import ClusterObjects

/// What security contexts must be.
enum SecurityRules {
    static func pod(_ spec: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        guard let context = spec.part("securityContext") else { return }
        let path = path / "securityContext"
        for key in ["fsGroup", "runAsUser", "runAsGroup"] { identity(context, key, path, &problems) }
        for (index, group) in context.list("supplementalGroups").enumerated() {
            for detail in Formats.identity(group.int ?? 0) {
                problems.append(.invalid((path / "supplementalGroups").index(index), group, detail))
            }
        }
        if spec.flag("shareProcessNamespace"), spec.flag("hostPID") {
            problems.append(
                .invalid(
                    path / "shareProcessNamespace", true, "ShareProcessNamespace and HostPID cannot both be enabled"))
        }
        sysctls(context.list("sysctls"), spec, path / "sysctls", &problems)
        problems.oneOfIfSet(context, "fsGroupChangePolicy", ["Always", "OnRootMismatch"], path)
        seccomp(context, path, &problems)
        WindowsRules.options(context.part("windowsOptions"), path / "windowsOptions", &problems)
        appArmor(context, path, &problems)
        problems.oneOfIfSet(context, "supplementalGroupsPolicy", ["Merge", "Strict"], path)
        problems.oneOfIfSet(context, "seLinuxChangePolicy", ["MountOption", "Recursive"], path)
    }

    static func container(_ context: Value?, _ path: FieldPath, hostUsers: Bool, _ problems: inout [Problem]) {
        guard let context, !context.isNull else { return }
        // As kube-apiserver without --allow-privileged, which is its default.
        if context.flag("privileged") { problems.append(.forbidden(path / "privileged", "disallowed by cluster policy")) }
        for key in ["runAsUser", "runAsGroup"] { identity(context, key, path, &problems) }
        if let mount = context.part("procMount") {
            if !["Default", "Unmasked"].contains(mount.string ?? "") {
                problems.append(.notSupported(path / "procMount", mount, inOrder: ["Default", "Unmasked"]))
            }
            if hostUsers, mount.string == "Unmasked" {
                problems.append(.invalid(path / "procMount", mount, "`hostUsers` must be false to use `Unmasked`"))
            }
        }
        seccomp(context, path, &problems)
        if context["allowPrivilegeEscalation"]?.bool == false {
            let shown = GoStruct.text(context, "SecurityContext")
            if context.flag("privileged") {
                problems.append(
                    .invalid(
                        path, shown: shown, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"))
            }
            for capability in context["capabilities"]?.list("add") ?? [] where capability.string == "CAP_SYS_ADMIN" {
                problems.append(
                    .invalid(
                        path, shown: shown,
                        "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"))
            }
        }
        WindowsRules.options(context.part("windowsOptions"), path / "windowsOptions", &problems)
        appArmor(context, path, &problems)
    }

    private static func identity(_ context: Value, _ key: String, _ path: FieldPath, _ problems: inout [Problem]) {
        guard let number = context[key]?.int else { return }
        for detail in Formats.identity(number) { problems.append(.invalid(path / key, Value(number), detail)) }
    }

    private static let profileTypes = ["Localhost", "RuntimeDefault", "Unconfined"]

    private static func seccomp(_ context: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        guard let profile = context.part("seccompProfile") else { return }
        let here = path / "seccompProfile"
        let type = profile.text("type")
        if type.isEmpty {
            problems.append(.required(here / "type", "type is required when seccompProfile is set"))
        } else if !profileTypes.contains(type) {
            problems.append(.notSupported(here / "type", .string(type), inOrder: profileTypes))
        }
        let field = here / "localhostProfile"
        switch (type == "Localhost", profile["localhostProfile"]?.string) {
        case (true, nil): problems.append(.required(field, "must be set when seccomp type is Localhost"))
        case (true, let file?): problems.add(field, file, Formats.descendingPath(file))
        case (false, _?):
            problems.append(
                .invalid(
                    field, shown: GoStruct.text(profile, "SeccompProfile"), "can only be set when seccomp type is Localhost"))
        case (false, nil): break
        }
    }

    private static func appArmor(_ context: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        guard let profile = context.part("appArmorProfile") else { return }
        let (here, type) = (path / "appArmorProfile", profile.text("type"))
        let field = here / "localhostProfile"
        let missing = "must be set when AppArmor type is Localhost"
        switch (type, profile["localhostProfile"]?.string) {
        case ("", _): problems.append(.required(here / "type", "type is required when appArmorProfile is set"))
        case ("Localhost", nil): problems.append(.required(field, missing))
        case ("Localhost", let name?):
            if name.trimmed != name {
                problems.append(.invalid(field, .string(name), "must not be padded with whitespace"))
            } else if name.isEmpty {
                problems.append(.required(field, missing))
            }
            if name.utf8.count > 4095 { problems.append(.tooLong(field, most: 4095)) }
        case ("RuntimeDefault", let name?), ("Unconfined", let name?):
            problems.append(.invalid(field, .string(name), "can only be set when AppArmor type is Localhost"))
        case ("RuntimeDefault", nil), ("Unconfined", nil): break
        default: problems.append(.notSupported(here / "type", .string(type), inOrder: profileTypes))
        }
    }

    private static func sysctls(_ sysctls: [Value], _ spec: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        var seen: Set<String> = []
        for (index, sysctl) in sysctls.enumerated() {
            let (name, here) = (sysctl.text("name"), path.index(index) / "name")
            if name.isEmpty {
                problems.append(.required(here))
            } else if !Sysctls.isName(name) {
                problems.append(
                    .invalid(
                        here, .string(name),
                        #"must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"#
                    ))
            } else if seen.contains(name) {
                problems.append(.duplicate(here, .string(name)))
            }
            // What is the host's is not a pod's to set.
            switch Sysctls.namespace(of: name) {
            case .network where spec.flag("hostNetwork"):
                problems.append(.invalid(here, .string(name), "may not be specified when 'hostNetwork' is true"))
            case .ipc where spec.flag("hostIPC"):
                problems.append(.invalid(here, .string(name), "may not be specified when 'hostIPC' is true"))
            default: break
            }
            seen.insert(name)
        }
    }
}

/// Names of kernel parameters. Source: sysctl.d(5), k8s.io/component-helpers/node/util/sysctl.
enum Sysctls {
    enum Namespace {
        case network, ipc
    }

    static func isName(_ name: String) -> Bool {
        name.utf8.count <= 253
            && name.split(omittingEmptySubsequences: false, whereSeparator: { $0 == "." || $0 == "/" }).allSatisfy { part in
                guard let first = part.utf8.first, let last = part.utf8.last else { return false }
                func isPlain(_ byte: UInt8) -> Bool { byte &- 48 < 10 || byte &- 97 < 26 }
                return isPlain(first) && isPlain(last)
                    && part.utf8.allSatisfy { isPlain($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
            }
    }

    /// Which of a pod's namespaces a parameter belongs to, nil for none.
    static func namespace(of name: String) -> Namespace? {
        // Of dots and slashes the first one is what separates.
        let separator = name.first { $0 == "." || $0 == "/" } ?? "."
        let dotted = separator == "/" ? name.replacing("/", with: ".") : name
        if dotted.hasPrefix("net.") { return .network }
        let isIPC = dotted == "kernel.sem" || ["kernel.shm", "kernel.msg", "fs.mqueue."].contains { dotted.hasPrefix($0) }
        return isIPC ? .ipc : nil
    }
}
