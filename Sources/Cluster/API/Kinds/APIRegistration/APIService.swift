import ClusterObjects

extension Kinds {
    /// APIServices: this server answers every group itself, so one that another server should answer is not available.
    static func apiService(_ resource: inout Resource) {
        StatusOwnership.rules(&resource, generation: false)
        resource.rules.setDefaults = { service in
            service.edit("spec") { $0.edit("service") { $0.fill("port", 443) } }
        }
        resource.rules.prepareForCreate = { object in
            var condition: Value = [
                "type": "Available", "status": "True", "reason": "Local", "message": "Local APIServices are always available",
            ]
            if let service = object["spec"]?.part("service") {
                condition["status"] = "False"
                condition["reason"] = "ServiceNotFound"
                condition["message"] = .string("service/\(service.text("name")) in \"\(service.text("namespace"))\" is not present")
            }
            condition["lastTransitionTime"] = object[path: "metadata", "creationTimestamp"]
            object["status"] = ["conditions": [condition]]
        }
        resource.rules.validate = APIServiceRules.validate
        resource.rules.validateUpdate = { new, _, _ in APIServiceRules.validate(new) }
        resource.rules.unenforced = Unenforced.ofService
    }
}

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
