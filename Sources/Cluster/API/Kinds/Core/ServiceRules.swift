import ClusterObjects

/// What Services must be. Source: pkg/apis/core/validation, ValidateService.
enum ServiceRules {
    private static let path = FieldPath("spec")

    @Sendable static func validate(_ service: Value) -> [Problem] {
        let spec = service["spec"] ?? .emptyObject
        var problems: [Problem] = []
        topology(service, &problems)
        let ports = spec.list("ports")
        let type = spec.text("type")
        if ports.isEmpty, !isHeadless(spec), type != "ExternalName" { problems.append(.required(path / "ports")) }
        byType(spec, type, &problems)
        self.ports(spec, &problems)
        problems.labels(spec["selector"], path / "selector")
        affinity(spec, &problems)
        if type != "ExternalName" { addresses(spec, &problems) }
        for (index, text) in (spec["externalIPs"]?.strings ?? []).enumerated() {
            let here = (path / "externalIPs").index(index)
            let wrong = Formats.ip(text)
            problems.add(here, text, wrong)
            if wrong.isEmpty { AddressRules.nonSpecial(text, here, &problems) }
        }
        problems.oneOf(spec, "type", ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"], path)
        nodePorts(spec, type, &problems)
        sourceRanges(service, spec, type, &problems)
        if spec.has("allocateLoadBalancerNodePorts"), type != "LoadBalancer" {
            problems.append(.forbidden(path / "allocateLoadBalancerNodePorts", onlyLoadBalancer))
        }
        balancerClass(spec, &problems)
        traffic(spec, type, &problems)
        return problems
    }

    private static let onlyLoadBalancer = "may only be used when `type` is 'LoadBalancer'"

    static func balancerClass(_ spec: Value, _ problems: inout [Problem]) {
        guard let name = spec["loadBalancerClass"]?.string else { return }
        if spec.text("type") == "LoadBalancer" {
            problems.qualifiedName(name, path / "loadBalancerClass")
        } else {
            problems.append(.forbidden(path / "loadBalancerClass", onlyLoadBalancer))
        }
    }

    /// Two annotations, the second the older, say how endpoints near a client are preferred.
    private static func topology(_ service: Value, _ problems: inout [Problem]) {
        let (mode, hints) = ("service.kubernetes.io/topology-mode", "service.kubernetes.io/topology-aware-hints")
        let annotations = service["metadata"]?.map("annotations") ?? Fields()
        guard let value = annotations[mode], let older = annotations[hints], value != older else { return }
        problems.append(
            .invalid(
                FieldPath("metadata", "annotations").key(mode), value, "must match annotations[\(hints)] when both are specified"))
    }

    static func isHeadless(_ spec: Value) -> Bool { spec["clusterIPs"]?.strings == ["None"] }

    private static func byType(_ spec: Value, _ type: String, _ problems: inout [Problem]) {
        switch type {
        case "LoadBalancer", "NodePort":
            if isHeadless(spec) {
                problems.append(
                    .invalid((path / "clusterIPs").index(0), "None", "may not be set to 'None' for \(type) services"))
            }
        case "ExternalName":
            for key in ["clusterIPs", "ipFamilies"] where !spec.list(key).isEmpty {
                problems.append(.forbidden(path / key, "may not be set for ExternalName services"))
            }
            if spec.has("ipFamilyPolicy") {
                problems.append(.forbidden(path / "ipFamilyPolicy", "may not be set for ExternalName services"))
            }
            let text = spec.text("externalName")
            let name = text.hasSuffix(".") ? String(text.dropLast()) : text
            if name.isEmpty { problems.append(.required(path / "externalName")) } else { problems.subdomain(name, path / "externalName") }
        default: break
        }
    }

    private static func ports(_ spec: Value, _ problems: inout [Problem]) {
        let ports = spec.list("ports")
        var names: Set<String> = []
        for (index, port) in ports.enumerated() {
            let here = (path / "ports").index(index)
            let name = port.text("name")
            if name.isEmpty {
                if ports.count > 1 { problems.append(.required(here / "name")) }
            } else {
                problems.label(name, here / "name")
                if !names.insert(name).inserted { problems.append(.duplicate(here / "name", .string(name))) }
            }
            problems.port(port.number("port"), here / "port")
            problems.oneOf(port, "protocol", ["SCTP", "TCP", "UDP"], here)
            problems.portOrName(port["targetPort"], here / "targetPort")
            if port.has("appProtocol") { problems.qualifiedName(port.text("appProtocol"), here / "appProtocol") }
        }
    }

    private static func affinity(_ spec: Value, _ problems: inout [Problem]) {
        problems.oneOf(spec, "sessionAffinity", ["ClientIP", "None"], path)
        let here = path / "sessionAffinityConfig"
        switch spec.text("sessionAffinity") {
        case "ClientIP":
            guard let seconds = spec[path: "sessionAffinityConfig", "clientIP", "timeoutSeconds"]?.int else {
                return problems.append(.required(here, "when session affinity type is ClientIP"))
            }
            if !(1...86400 ~= seconds) {
                problems.append(
                    .invalid(
                        here / "clientIP" / "timeoutSeconds", Value(seconds), "must be greater than 0 and less than 86400"))
            }
        case "None":
            if spec.has("sessionAffinityConfig") {
                problems.append(.forbidden(here, "must not be set when session affinity is None"))
            }
        default: break
        }
    }

    /// Cluster addresses and their families.
    private static func addresses(_ spec: Value, _ problems: inout [Problem]) {
        let (address, list) = (spec.text("clusterIP"), spec["clusterIPs"]?.strings ?? [])
        let here = path / "clusterIPs"
        if !address.isEmpty {
            if list.isEmpty {
                problems.append(.required(here))
            } else if list[0] != address {
                problems.append(.invalid(here, Value(list), "first value must match `clusterIP`"))
            }
        } else if !list.isEmpty {
            problems.append(.invalid(here, Value(list), "must be empty when `clusterIP` is not specified"))
        }
        let families = spec["ipFamilies"]?.strings ?? []
        var seen: Set<String> = []
        for (index, family) in families.enumerated() {
            let place = (path / "ipFamilies").index(index)
            if !["IPv4", "IPv6"].contains(family) {
                problems.append(.notSupported(place, .string(family), ["IPv4", "IPv6"]))
            }
            if !seen.insert(family).inserted { problems.append(.duplicate(place, .string(family))) }
        }
        problems.oneOfIfSet(spec, "ipFamilyPolicy", ["PreferDualStack", "RequireDualStack", "SingleStack"], path)
        var isSound = true
        for (index, text) in list.enumerated() {
            if index == 0, text == "None" {
                if list.count > 1 {
                    isSound = false
                    problems.append(.invalid(here, Value(list), "'None' must be the first and only value"))
                }
                continue
            }
            let wrong = Formats.ip(text)
            if !wrong.isEmpty { isSound = false }
            problems.add(here.index(index), text, wrong)
        }
        if list.count > 2 { problems.append(.invalid(here, Value(list), "may only hold up to 2 values")) }
        guard isSound, !isHeadless(spec) else { return }
        let kinds = list.map { IPAddress($0)?.isIPv4 ?? true }
        if list.count > 1, Set(kinds).count != 2 {
            problems.append(.invalid(here, Value(list), "may specify no more than one IP for each IP family"))
        }
        for (index, isIPv4) in kinds.enumerated() where index < families.count {
            if (families[index] == "IPv4") != isIPv4, ["IPv4", "IPv6"].contains(families[index]) {
                problems.append(
                    .invalid(
                        here.index(index), .string(list[index]),
                        "expected an \(families[index]) value as indicated by `ipFamilies[\(index)]`"))
            }
        }
    }

    private static func nodePorts(_ spec: Value, _ type: String, _ problems: inout [Problem]) {
        let ports = spec.list("ports")
        if type == "ClusterIP" {
            for (index, port) in ports.enumerated() where port.number("nodePort") != 0 {
                problems.append(
                    .forbidden(
                        (path / "ports").index(index) / "nodePort", "may not be used when `type` is 'ClusterIP'"))
            }
        }
        for key in ["nodePort", "port"] {
            var seen: Set<String> = []
            for (index, port) in ports.enumerated() where key == "port" || port.number(key) != 0 {
                guard !seen.insert("\(port.text("protocol"))/\(port.number(key))").inserted else { continue }
                let here = (path / "ports").index(index)
                if key == "nodePort" {
                    problems.append(.duplicate(here / key, Value(port.number(key))))
                } else {
                    let shown = GoStruct.text(["protocol": port["protocol"] ?? "", "port": port["port"] ?? 0], "ServicePort")
                    problems.append(Problem(here, .duplicate, "Duplicate value: \(shown)"))
                }
            }
        }
    }

    private static func sourceRanges(_ service: Value, _ spec: Value, _ type: String, _ problems: inout [Problem]) {
        let ranges = spec["loadBalancerSourceRanges"]?.strings ?? []
        if ranges.isEmpty { return annotatedRanges(service, type, &problems) }
        // Kubernetes writes the field's name this way.
        let here = path / "LoadBalancerSourceRanges"
        if type != "LoadBalancer" { problems.append(.forbidden(here, onlyLoadBalancer)) }
        for (index, range) in ranges.enumerated() {
            problems.cidr(range.trimmed, here.index(index))
        }
    }

    /// Where the ranges stood before they had a field.
    private static func annotatedRanges(_ service: Value, _ type: String, _ problems: inout [Problem]) {
        let key = "service.beta.kubernetes.io/load-balancer-source-ranges"
        guard let text = service[path: "metadata", "annotations", key]?.string else { return }
        let here = FieldPath("metadata", "annotations").key(key)
        if type != "LoadBalancer" { problems.append(.forbidden(here, onlyLoadBalancer)) }
        guard !text.trimmed.isEmpty else { return }
        for range in text.split(separator: ",", omittingEmptySubsequences: false) { problems.cidr(String(range).trimmed, here) }
    }

    private static func traffic(_ spec: Value, _ type: String, _ problems: inout [Problem]) {
        let isExternal =
            type == "LoadBalancer" || type == "NodePort" || (type == "ClusterIP" && !spec.list("externalIPs").isEmpty)
        let policy = spec.text("externalTrafficPolicy")
        if isExternal {
            problems.oneOf(spec, "externalTrafficPolicy", ["Cluster", "Local"], path)
        } else if !policy.isEmpty {
            problems.append(
                .invalid(
                    path / "externalTrafficPolicy", .string(policy), "may only be set for externally-accessible services"))
        }
        let port = spec.number("healthCheckNodePort")
        if type == "LoadBalancer", policy == "Local" {
            if port == 0 {
                problems.append(.required(path / "healthCheckNodePort"))
            } else {
                problems.port(port, path / "healthCheckNodePort")
            }
        } else if port != 0 {
            problems.append(
                .invalid(
                    path / "healthCheckNodePort", Value(port),
                    "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"))
        }
        if spec.has("internalTrafficPolicy") {
            problems.oneOfIfSet(spec, "internalTrafficPolicy", ["Cluster", "Local"], path)
        } else if ["ClusterIP", "NodePort", "LoadBalancer"].contains(type) {
            problems.append(.required(path / "internalTrafficPolicy"))
        }
        problems.oneOfIfSet(spec, "trafficDistribution", ["PreferClose", "PreferSameNode", "PreferSameZone"], path)
    }
}
