import ClusterObjects

/// What APIServices must be. Source: k8s.io/kube-aggregator/pkg/apis/apiregistration/validation.
enum APIServiceRules {
    @Sendable static func validate(_ object: Value) -> [Problem] {
        let path = FieldPath("spec")
        let spec = object["spec"] ?? .emptyObject
        let (group, version) = (spec.text("group"), spec.text("version"))
        let name = object[path: "metadata", "name"]?.string ?? ""
        var problems: [Problem] = []
        if name != "\(version).\(group)" {
            problems.append(
                .invalid(
                    FieldPath("metadata", "name"), .string(name), "must be `spec.version+\".\"+spec.group`: \"\(version).\(group)\""))
        }
        if !group.isEmpty {
            problems.subdomain(group, path / "group")
        } else if version != "v1" {
            problems.append(.required(path / "group", "only v1 may have an empty group and it better be legacy kube"))
        }
        if version.isEmpty { problems.append(.required(path / "version")) } else { problems.label(version, path / "version") }
        for (key, most) in [("groupPriorityMinimum", 20000), ("versionPriority", 1000)] {
            let number = spec.number(key)
            if !(1...most ~= number) {
                problems.append(
                    .invalid(path / key, Value(number), "must be positive and less than \(most)"))
            }
        }
        guard let service = spec.part("service") else {
            if !spec.text("caBundle").isEmpty {
                problems.append(
                    .invalid(
                        path / "caBundle", .string("\(spec.text("caBundle").utf8.count) bytes"), "local APIServices may not have a caBundle"
                    ))
            }
            if spec.flag("insecureSkipTLSVerify") {
                problems.append(
                    .invalid(path / "insecureSkipTLSVerify", true, "local APIServices may not have insecureSkipTLSVerify"))
            }
            return problems
        }
        for key in ["namespace", "name"] { problems.required(service, key, path / "service") }
        if let port = service["port"]?.int { problems.port(port, path / "service" / "port") }
        if spec.flag("insecureSkipTLSVerify"), !spec.text("caBundle").isEmpty {
            problems.append(
                .invalid(path / "insecureSkipTLSVerify", true, "may not be true if caBundle is present"))
        }
        return problems
    }
}
