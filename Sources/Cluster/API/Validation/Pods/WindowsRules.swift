import ClusterObjects

/// What is asked of pods that are for Windows, and of the options for it in others.
enum WindowsRules {
    static func options(_ options: Value?, _ path: FieldPath, _ problems: inout [Problem]) {
        guard let options else { return }
        if let name = options["gmsaCredentialSpecName"]?.string { problems.subdomain(name, path / "gmsaCredentialSpecName") }
        if let spec = options["gmsaCredentialSpec"]?.string {
            let here = path / "gmsaCredentialSpec"
            if spec.isEmpty { problems.append(.invalid(here, "", "gmsaCredentialSpec cannot be an empty string")) }
            if spec.utf8.count > 64 << 10 {
                problems.append(.invalid(here, .string(spec), "gmsaCredentialSpec size must be under 64 KiB"))
            }
        }
        if let user = options["runAsUserName"]?.string {
            for detail in userProblems(user) { problems.append(.invalid(path / "runAsUserName", .string(user), "runAsUserName\(detail)")) }
        }
    }

    /// `user` or `DOMAIN\user`.
    private static func userProblems(_ text: String) -> [String] {
        if text.isEmpty { return [" cannot be an empty string"] }
        if text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) { return [" cannot contain control characters"] }
        let parts = text.split(separator: "\\", omittingEmptySubsequences: false)
        guard parts.count <= 2, let user = parts.last else { return [" cannot contain more than one backslash"] }
        var problems: [String] = []
        if parts.count == 2, let domain = parts.first {
            if domain.utf8.count >= 256 { problems.append("'s Domain length must be under 256 characters") }
            if !isNetBIOS(domain), !isDNS(domain) { problems.append("'s Domain doesn't match the NetBios nor the DNS format") }
        }
        if user.isEmpty { problems.append("'s User cannot be empty") }
        if user.utf8.count > 104 { problems.append("'s User length must not be longer than 104 characters") }
        if !user.isEmpty, user.allSatisfy({ $0 == "." || $0 == " " }) {
            problems.append("'s User cannot contain only periods or spaces")
        }
        if user.contains(where: { #""/\:;|=,+*?<>@[]"#.contains($0) }) {
            problems.append(#"'s User cannot contain the following characters: "/\:;|=,+*?<>@[]"#)
        }
        return problems
    }

    private static func isNetBIOS(_ domain: Substring) -> Bool {
        1...15 ~= domain.count && !domain.hasPrefix(".") && !domain.contains { #"\/:*?"<>|"#.contains($0) }
    }

    private static func isDNS(_ domain: Substring) -> Bool {
        domain.split(separator: ".", omittingEmptySubsequences: false).allSatisfy {
            $0.utf8.count <= 63 && NameFormats.label($0.lowercased()).isEmpty
        }
    }

    /// Containers that are processes of the host are so all together, and on its network.
    static func hostProcess(_ spec: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let ofPod = spec[path: "securityContext", "windowsOptions", "hostProcess"]?.bool
        let containers = ContainerRules.all(of: spec, path)
        var count = 0
        for (container, here) in containers {
            let own = container[path: "securityContext", "windowsOptions", "hostProcess"]?.bool
            if let ofPod, let own, ofPod != own {
                problems.append(
                    .invalid(
                        here / "securityContext" / "windowsOptions" / "hostProcess", .bool(own),
                        "pod hostProcess value must be identical if both are specified, was \(ofPod)"))
            }
            if own ?? ofPod ?? false { count += 1 }
        }
        guard count > 0 else { return }
        if count != containers.count {
            problems.append(
                .invalid(
                    path, "", "If pod contains any hostProcess containers then all containers must be HostProcess containers"))
        }
        if !spec.flag("hostNetwork") {
            problems.append(
                .invalid(path / "hostNetwork", false, "hostNetwork must be true if pod contains any hostProcess containers"))
        }
        problems.append(.forbidden(path, "hostProcess containers are disallowed by cluster policy"))
    }

    /// Which system a pod is for, and what it cannot have there.
    static func system(_ spec: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        guard let system = spec.part("os") else { return }
        switch system.text("name") {
        case "": problems.append(.required(path / "os" / "name"))
        case "linux":
            let detail = "windows options cannot be set for a linux pod"
            for (context, here) in contexts(spec, path) where context.has("windowsOptions") {
                problems.append(.forbidden(here / "windowsOptions", detail))
            }
        case "windows": windows(spec, path, &problems)
        default: problems.append(.notSupported(path / "os", system["name"] ?? "", ["linux", "windows"]))
        }
    }

    private static func contexts(_ spec: Value, _ path: FieldPath) -> [(Value, FieldPath)] {
        ([(spec, path)] + ContainerRules.all(of: spec, path)).compactMap { owner, here in
            owner.part("securityContext").map { ($0, here / "securityContext") }
        }
    }

    private static func windows(_ spec: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        func refuse(_ owner: Value, _ keys: [String], _ path: FieldPath) {
            for key in keys where owner.has(key) { problems.append(.forbidden(path / key, "cannot be set for a windows pod")) }
        }
        if let context = spec.part("securityContext") {
            let here = path / "securityContext"
            refuse(context, ["appArmorProfile", "seLinuxOptions"], here)
            refuse(spec, ["hostUsers"], path)
            for key in ["hostPID", "hostIPC"] where spec.flag(key) { refuse(spec, [key], path) }
            refuse(context, ["seccompProfile", "fsGroup", "fsGroupChangePolicy"], here)
            if !context.list("sysctls").isEmpty { refuse(context, ["sysctls"], here) }
            refuse(spec, ["shareProcessNamespace"], path)
            refuse(
                context, ["runAsUser", "runAsGroup", "supplementalGroups", "supplementalGroupsPolicy", "seLinuxChangePolicy"], here)
        }
        for (container, here) in ContainerRules.all(of: spec, path) {
            guard let context = container.part("securityContext") else { continue }
            refuse(
                context,
                [
                    "appArmorProfile", "seLinuxOptions", "seccompProfile", "capabilities", "readOnlyRootFilesystem", "privileged",
                    "allowPrivilegeEscalation", "procMount", "runAsUser", "runAsGroup",
                ], here / "securityContext")
        }
    }
}
