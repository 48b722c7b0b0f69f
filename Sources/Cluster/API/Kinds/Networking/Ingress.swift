import ClusterObjects

extension Kinds {
    static func ingress(_ resource: inout Resource) {
        StatusOwnership.rules(&resource, generation: true)
        resource.rules.prepareForCreate = { $0["status"] = ["loadBalancer": .emptyObject] }
        resource.rules.validate = IngressRules.validateCreate
        resource.rules.validateUpdate = IngressRules.validateUpdate
    }
}

/// What Ingresses must be. Source: pkg/apis/networking/validation.
enum IngressRules {
    private static let path = FieldPath("spec")

    /// The annotation that the class was before it had a field must not say otherwise.
    @Sendable static func validateCreate(_ ingress: Value) -> [Problem] {
        let key = "kubernetes.io/ingress.class"
        let problems = validate(ingress)
        guard let annotation = ingress[path: "metadata", "annotations", key]?.string,
            let name = ingress[path: "spec", "ingressClassName"]?.string, name != annotation
        else { return problems }
        return problems + [
            .invalid(FieldPath("annotations", key), .string(annotation), "must match `ingressClassName` when both are specified")
        ]
    }

    static func validate(_ ingress: Value) -> [Problem] {
        let spec = ingress["spec"] ?? .emptyObject
        var problems: [Problem] = []
        let rules = spec.list("rules")
        if rules.isEmpty, !spec.has("defaultBackend") {
            problems.append(
                .invalid(path, spec["rules"] ?? .null, "either `defaultBackend` or `rules` must be specified"))
        }
        if let backend = spec.part("defaultBackend") { self.backend(backend, path / "defaultBackend", &problems) }
        for (index, rule) in rules.enumerated() { self.rule(rule, (path / "rules").index(index), &problems) }
        for (index, tls) in spec.list("tls").enumerated() {
            let here = (path / "tls").index(index)
            for (place, name) in (tls["hosts"]?.strings ?? []).enumerated() { host(name, (here / "hosts").index(place), &problems) }
            problems.name(tls, "secretName", here, optional: true)
        }
        if spec.has("ingressClassName") { problems.subdomain(spec.text("ingressClassName"), path / "ingressClassName") }
        return problems
    }

    @Sendable static func validateUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        subresource == "status" ? LoadBalancerRules.status(new) : validate(new)
    }

    private static func host(_ name: String, _ path: FieldPath, _ problems: inout [Problem]) {
        problems.add(path, name, name.contains("*") ? Formats.wildcardSubdomain(name) : NameFormats.subdomain(name))
    }

    private static func rule(_ rule: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let name = rule.text("host")
        if !name.isEmpty {
            if IPAddress(name) != nil {
                problems.append(.invalid(path / "host", .string(name), "must be a DNS name, not an IP address"))
            }
            host(name, path / "host", &problems)
        }
        guard let http = rule.part("http") else { return }
        let paths = http.list("paths")
        if paths.isEmpty { problems.append(.required(path / "http" / "paths")) }
        for (index, entry) in paths.enumerated() {
            let here = (path / "http" / "paths").index(index)
            place(entry, here, &problems)
            backend(entry["backend"] ?? .emptyObject, here / "backend", &problems)
        }
    }

    private static func place(_ entry: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        let text = entry.text("path")
        guard let type = entry.part("pathType") else {
            return problems.append(.required(path / "pathType", "pathType must be specified"))
        }
        switch type.string {
        case "Exact", "Prefix":
            if !text.hasPrefix("/") { problems.append(.invalid(path / "path", .string(text), "must be an absolute path")) }
            for part in ["//", "/./", "/../", "%2f", "%2F"] where text.contains(part) {
                problems.append(.invalid(path / "path", .string(text), "must not contain '\(part)'"))
            }
            for end in ["/..", "/."] where text.hasSuffix(end) {
                problems.append(.invalid(path / "path", .string(text), "cannot end with '\(end)'"))
            }
        case "ImplementationSpecific":
            if !text.isEmpty, !text.hasPrefix("/") {
                problems.append(.invalid(path / "path", .string(text), "must be an absolute path"))
            }
        default:
            problems.append(.notSupported(path / "pathType", type, ["Exact", "ImplementationSpecific", "Prefix"]))
        }
    }

    private static func backend(_ backend: Value, _ path: FieldPath, _ problems: inout [Problem]) {
        switch (backend.part("service"), backend.part("resource")) {
        case (_?, _?): problems.append(.invalid(path, "", "cannot set both resource and service backends"))
        case (nil, nil): problems.append(.invalid(path, "", "resource or service backend is required"))
        case (nil, let resource?):
            if let group = resource["apiGroup"]?.string { problems.subdomain(group, path / "resource" / "apiGroup") }
            for key in ["kind", "name"] { problems.pathSegment(resource, key, path / "resource") }
        case (let service?, nil):
            let here = path / "service"
            if service.text("name").isEmpty {
                problems.append(.required(here / "name"))
            } else {
                problems.label(service.text("name"), here / "name")
            }
            let port = service["port"] ?? .emptyObject
            let (name, number) = (port.text("name"), port.number("number"))
            switch (name.isEmpty, number == 0) {
            case (false, false): problems.append(.invalid(path, "", "cannot set both port name & port number"))
            case (true, true): problems.append(.required(path, "port name or number is required"))
            case (false, true): problems.add(here / "port" / "name", name, Formats.portName(name))
            case (true, false): problems.port(number, here / "port" / "number")
            }
        }
    }
}
