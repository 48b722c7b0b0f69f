import ClusterObjects

/// Annotations that mean something on a pod.
enum PodAnnotationRules {
    static let mirror = "kubernetes.io/config.mirror"
    static let deletionCost = "controller.kubernetes.io/pod-deletion-cost"
    private static let seccompPod = "seccomp.security.alpha.kubernetes.io/pod"
    private static let seccompContainer = "container.seccomp.security.alpha.kubernetes.io/"
    private static let appArmor = "container.apparmor.security.beta.kubernetes.io/"

    static func validate(_ annotations: Value?, _ spec: Value?, _ path: FieldPath) -> [Problem] {
        guard let annotations = annotations?.object else { return [] }
        var problems: [Problem] = []
        if let value = annotations[mirror]?.string, (spec?.text("nodeName") ?? "").isEmpty {
            problems.append(
                .invalid(path.key(mirror), .string(value), "must set spec.nodeName if mirror pod annotation is set"))
        }
        if let cost = annotations[deletionCost]?.string, !isCost(cost) {
            problems.append(.invalid(path.key(deletionCost), .string(cost), "must be a 32bit integer"))
        }
        for (key, value) in annotations where key == seccompPod || key.hasPrefix(seccompContainer) {
            problems.add(path / key, value.string ?? "", seccompProblems(value.string ?? ""))
        }
        lazy var names = Set(ContainerRules.all(of: spec ?? .emptyObject, path).map { $0.0.text("name") })
        for (key, value) in annotations where key.hasPrefix(appArmor) {
            let name = String(key.dropFirst(appArmor.count))
            if !names.contains(name) { problems.append(.invalid(path.key(key), .string(name), "container not found")) }
            let profile = value.string ?? ""
            if !["", "runtime/default", "unconfined"].contains(profile), !profile.hasPrefix("localhost/") {
                problems.append(
                    .invalid(path.key(key), .string(profile), "invalid AppArmor profile name: \(Value.string(profile).jsonText)"))
            }
        }
        return problems
    }

    /// Whether a deletion cost is written as Go writes 32-bit numbers: no plus sign, no leading zero.
    private static func isCost(_ text: String) -> Bool { Int32(text).map { String($0) == text } ?? false }

    private static func seccompProblems(_ profile: String) -> [String] {
        if ["runtime/default", "docker/default", "unconfined"].contains(profile) { return [] }
        if profile.hasPrefix("localhost/") { return Formats.descendingPath(String(profile.dropFirst("localhost/".count))) }
        return ["must be a valid seccomp profile"]
    }

    /// Annotations and fields that say the same thing must agree, `path` is the spec's.
    static func agree(_ annotations: Value?, _ spec: Value, _ path: FieldPath) -> [Problem] {
        let speaks = annotations?.object?.contains { key, _ in
            key == seccompPod || key.hasPrefix(seccompContainer) || key.hasPrefix(appArmor)
        }
        guard let annotations, speaks ?? false else { return [] }
        var problems: [Problem] = []
        let ofPod = spec["securityContext"]
        let containers = ContainerRules.all(of: spec, path)
        func compare(_ profile: Value?, _ key: String, _ field: String, _ word: String, _ owner: FieldPath) {
            guard let profile, !profile.isNull, let annotation = annotations[key]?.string else { return }
            let here = owner / "securityContext" / field
            let local = "localhost/"
            let agreed: Bool =
                switch profile.text("type") {
                case "Unconfined": annotation == "unconfined"
                case "RuntimeDefault": annotation == "runtime/default" || field == "seccompProfile" && annotation == "docker/default"
                case "Localhost": annotation.hasPrefix(local)
                default: true
                }
            if !agreed {
                problems.append(.forbidden(here / "type", "\(word) type in annotation and field must match"))
            } else if profile.text("type") == "Localhost", local + profile.text("localhostProfile") != annotation {
                problems.append(.forbidden(here / "localhostProfile", "\(word) profile in annotation and field must match"))
            }
        }
        compare(ofPod?["seccompProfile"], seccompPod, "seccompProfile", "seccomp", path)
        for (container, here) in containers {
            let profile = container["securityContext"]?["seccompProfile"]
            compare(profile, seccompContainer + container.text("name"), "seccompProfile", "seccomp", here)
        }
        guard spec["os"]?.text("name") != "windows" else { return problems }
        for (container, here) in containers {
            let profile = container["securityContext"]?.part("appArmorProfile") ?? ofPod?["appArmorProfile"]
            compare(profile, appArmor + container.text("name"), "appArmorProfile", "apparmor", here)
        }
        return problems
    }

    /// What of them stays as it is.
    static func changes(_ new: Value, _ old: Value) -> [Problem] {
        let (after, before) = (new["metadata"]?.map("annotations") ?? Fields(), old["metadata"]?.map("annotations") ?? Fields())
        let path = FieldPath("metadata", "annotations")
        func word(_ key: String) -> String? {
            key == mirror ? "mirror pod annotation" : key.hasPrefix(appArmor) ? "AppArmor annotations" : nil
        }
        var problems: [Problem] = []
        for (key, value) in before where after[key] != value {
            if let word = word(key) { problems.append(.forbidden(path.key(key), "may not remove or update \(word)")) }
        }
        for key in after.keys where before[key] == nil {
            if let word = word(key) { problems.append(.forbidden(path.key(key), "may not add \(word)")) }
        }
        return problems + validate(new["metadata"]?["annotations"], new["spec"], path)
    }
}
