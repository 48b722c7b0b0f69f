import ClusterObjects

/// What a written pod status must be. Source: pkg/apis/core/validation, ValidatePodStatusUpdate.
enum PodStatusRules {
    private static let path = FieldPath("status")
    private static let lists = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"]

    static func validate(_ new: Value, _ old: Value) -> [Problem] {
        var problems = PodAnnotationRules.changes(new, old)
        let (status, before) = (new["status"] ?? .emptyObject, old["status"] ?? .emptyObject)
        conditions(status, &problems)
        if new[path: "spec", "nodeName"] != old[path: "spec", "nodeName"] {
            problems.append(.forbidden(path / "nodeName", "may not be changed directly"))
        }
        nominated(status, before, isBound: !(old["spec"]?.text("nodeName") ?? "").isEmpty, &problems)
        generation(status, path, &problems)
        problems.immutable(status["qosClass"], before["qosClass"], path / "qosClass")
        ContainerTransitions(spec: old["spec"] ?? .emptyObject, path: path).validate(status, before, &problems)
        claims(status, new["spec"]?.list("resourceClaims") ?? [], &problems)
        addresses(status, before, "podIPs", &problems)
        let hosts = status.list("hostIPs")
        if let first = hosts.first, first.text("ip") != status.text("hostIP") {
            problems.append(
                .invalid((path / "hostIPs").index(0) / "ip", .string(first.text("ip")), "must be equal to `hostIP`"))
        }
        addresses(status, before, "hostIPs", &problems)
        users(status, system: new[path: "spec", "os", "name"]?.string ?? "linux", &problems)
        return problems
    }

    private static func conditions(_ status: Value, _ problems: inout [Problem]) {
        for (index, condition) in status.list("conditions").enumerated() {
            let here = (path / "conditions").index(index)
            generation(condition, here, &problems)
            let type = condition.text("type")
            if ["PodScheduled", "Ready", "Initialized"].contains(type) { continue }
            problems.qualifiedName(type, here / "Type")
        }
    }

    private static func generation(_ owner: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let number = owner.number("observedGeneration")
        if number < 0 {
            problems.append(.invalid(path / "observedGeneration", Value(number), "must be a non-negative integer"))
        }
    }

    private static func nominated(_ status: Value, _ before: Value, isBound: Bool, _ problems: inout [Problem]) {
        let (name, here) = (status.text("nominatedNodeName"), path / "nominatedNodeName")
        guard !name.isEmpty, name != before.text("nominatedNodeName") else { return }
        problems.subdomain(name, here)
        if isBound { problems.append(.forbidden(here, "may not be set on pods that are already bound to a node")) }
    }

    /// Which claims were made for the pod's own names of them.
    private static func claims(_ status: Value, _ claims: [Value], _ problems: inout [Problem]) {
        let known = Set(claims.map { $0.text("name") })
        var seen: Set<String> = []
        for (index, claim) in status.list("resourceClaimStatuses").enumerated() {
            let (name, here) = (claim.text("name"), (path / "resourceClaimStatuses").index(index))
            if !known.contains(name) {
                problems.append(
                    .invalid(here / "name", .string(name), "must match the name of an entry in `spec.resourceClaims`"))
            }
            if !seen.insert(name).inserted { problems.append(.duplicate(here / "name", .string(name))) }
            if let made = claim["resourceClaimName"]?.string { problems.subdomain(made, here / "resourceClaimName") }
        }
    }

    /// What is no address may stay where it was.
    private static func addresses(_ status: Value, _ before: Value, _ list: String, _ problems: inout [Problem]) {
        let texts = status.list(list).map { $0.text("ip") }
        let kept = Set(before.list(list).map { $0.text("ip") })
        for (index, text) in texts.enumerated() where !kept.contains(text) { problems.ip(text, (path / list).index(index)) }
        guard texts.count > 1 else { return }
        let families = Set(texts.compactMap { IPAddress($0)?.isIPv4 })
        if texts.count > 2 || families.count != 2 {
            problems.append(
                .invalid(path / list, status[list] ?? .null, "may specify no more than one IP for each IP family"))
        }
    }

    private static func users(_ status: Value, system: String, _ problems: inout [Problem]) {
        for list in lists {
            for (index, container) in status.list(list).enumerated() {
                guard let user = container["user"]?.part("linux") else { continue }
                let here = (path / list).index(index) / "user" / "linux"
                if system == "windows" {
                    problems.append(.forbidden(here, "cannot be set for a windows pod"))
                    continue
                }
                guard system == "linux" else { continue }
                let groups = user.list("supplementalGroups").enumerated().map {
                    ((here / "supplementalGroups").index($0.offset), $0.element.int ?? 0)
                }
                for (field, number) in [(here / "uid", user.number("uid")), (here / "gid", user.number("gid"))] + groups {
                    for detail in Formats.identity(number) { problems.append(.invalid(field, Value(number), detail)) }
                }
            }
        }
    }
}
