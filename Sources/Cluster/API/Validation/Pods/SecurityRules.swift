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
        sysctls(context.list("sysctls"), path / "sysctls", &problems)
        problems.oneOfIfSet(context, "fsGroupChangePolicy", ["Always", "OnRootMismatch"], path)
        profile(context, "seccompProfile", "seccomp", path, &problems)
        profile(context, "appArmorProfile", "AppArmor", path, &problems)
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
        profile(context, "seccompProfile", "seccomp", path, &problems)
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
        profile(context, "appArmorProfile", "AppArmor", path, &problems)
    }

    private static func identity(_ context: Value, _ key: String, _ path: FieldPath, _ problems: inout [Problem]) {
        guard let number = context[key]?.int else { return }
        for detail in Formats.identity(number) { problems.append(.invalid(path / key, Value(number), detail)) }
    }

    private static func profile(
        _ context: Value, _ key: String, _ what: String, _ path: FieldPath, _ problems: inout [Problem]
    ) {
        guard let profile = context.part(key) else { return }
        let here = path / key
        let types = ["Localhost", "RuntimeDefault", "Unconfined"]
        let type = profile.text("type")
        if type.isEmpty {
            problems.append(.required(here / "type", "type is required when \(key) is set"))
        } else if !types.contains(type) {
            problems.append(.notSupported(here / "type", .string(type), inOrder: types))
        }
        let local = profile["localhostProfile"]?.string
        if type == "Localhost" {
            guard let local, what == "seccomp" || !local.isEmpty else {
                return problems.append(
                    .required(here / "localhostProfile", "must be set when \(what) type is Localhost"))
            }
            if what == "seccomp" {
                problems.add(here / "localhostProfile", local, Formats.descendingPath(local))
            } else if local.first?.isWhitespace == true || local.last?.isWhitespace == true {
                problems.append(
                    .invalid(here / "localhostProfile", .string(local), "must not be padded with whitespace"))
            }
        } else if let local {
            let shown = what == "seccomp" ? GoStruct.text(profile, "SeccompProfile") : Value.string(local).jsonText
            problems.append(
                .invalid(
                    here / "localhostProfile", shown: shown, "can only be set when \(what) type is Localhost"))
        }
    }

    private static func sysctls(_ sysctls: [Value], _ path: FieldPath, _ problems: inout [Problem]) {
        var seen: Set<String> = []
        for (index, sysctl) in sysctls.enumerated() {
            let (name, here) = (sysctl.text("name"), path.index(index) / "name")
            if name.isEmpty {
                problems.append(.required(here))
            } else if !isSysctl(name) {
                problems.append(
                    .invalid(
                        here, .string(name),
                        #"must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"#
                    ))
            } else if seen.contains(name) {
                problems.append(.duplicate(here, .string(name)))
            }
            seen.insert(name)
        }
    }

    private static func isSysctl(_ name: String) -> Bool {
        name.utf8.count <= 253
            && name.split(omittingEmptySubsequences: false, whereSeparator: { $0 == "." || $0 == "/" }).allSatisfy { part in
                guard let first = part.utf8.first, let last = part.utf8.last else { return false }
                func isPlain(_ byte: UInt8) -> Bool { byte &- 48 < 10 || byte &- 97 < 26 }
                return isPlain(first) && isPlain(last)
                    && part.utf8.allSatisfy { isPlain($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
            }
    }
}
