import ClusterObjects

/// What Endpoints and EndpointSlices must be.
enum EndpointRules {
    private static let protocols = ["SCTP", "TCP", "UDP"]

    /// Endpoints that may be on the loopback, which is where a node of one machine is: those of the server itself, and those of pods
    /// in the node's network, which the controllers write.
    private static func mayLoopBack(_ object: Value) -> Bool {
        let metadata = object["metadata"] ?? .emptyObject
        if metadata.text("namespace") == "default", metadata.text("name") == "kubernetes" { return true }
        let labels = metadata["labels"] ?? .emptyObject
        return labels.text("endpointslice.kubernetes.io/managed-by").hasSuffix("-controller.k8s.io")
            || labels.text("endpoints.kubernetes.io/managed-by") == "endpoint-controller"
    }

    @Sendable static func endpoints(_ object: Value) -> [Problem] {
        var problems: [Problem] = []
        for (index, subset) in object.list("subsets").enumerated() {
            let here = FieldPath("subsets").index(index)
            if subset.list("addresses").isEmpty, subset.list("notReadyAddresses").isEmpty {
                problems.append(.required(here, "must specify `addresses` or `notReadyAddresses`"))
            }
            for list in ["addresses", "notReadyAddresses"] {
                for (place, address) in subset.list(list).enumerated() {
                    self.address(address, (here / list).index(place), mayLoopBack: mayLoopBack(object), &problems)
                }
            }
            let ports = subset.list("ports")
            for (place, port) in ports.enumerated() {
                let path = (here / "ports").index(place)
                let name = port.text("name")
                if !name.isEmpty {
                    problems.label(name, path / "name")
                } else if ports.count > 1 {
                    problems.append(.required(path / "name"))
                }
                problems.port(port.number("port"), path / "port")
                problems.oneOf(port, "protocol", protocols, path)
                if port.has("appProtocol") { problems.qualifiedName(port.text("appProtocol"), path / "appProtocol") }
            }
        }
        return problems
    }

    private static func address(_ address: Value, _ path: FieldPath, mayLoopBack: Bool, _ problems: inout [Problem]) {
        let text = address.text("ip")
        problems.ip(text, path / "ip")
        if !address.text("hostname").isEmpty { problems.label(address.text("hostname"), path / "hostname") }
        if address.has("nodeName") { problems.subdomain(address.text("nodeName"), path / "nodeName") }
        if !mayLoopBack { AddressRules.nonSpecial(text, path / "ip", &problems) }
    }

    @Sendable static func slice(_ slice: Value) -> [Problem] {
        var problems: [Problem] = []
        let type = slice.text("addressType")
        problems.oneOf(slice, "addressType", ["FQDN", "IPv4", "IPv6"], FieldPath())
        let endpoints = slice.list("endpoints")
        if endpoints.count > 1000 {
            problems.append(.tooMany(FieldPath("endpoints"), endpoints.count, most: 1000))
        } else {
            for (index, endpoint) in endpoints.enumerated() {
                sliceEndpoint(endpoint, type, FieldPath("endpoints").index(index), mayLoopBack: mayLoopBack(slice), &problems)
            }
        }
        ports(slice.list("ports"), FieldPath("ports"), &problems)
        return problems
    }

    private static func sliceEndpoint(
        _ endpoint: Value, _ type: String, _ path: FieldPath, mayLoopBack: Bool, _ problems: inout [Problem]
    ) {
        let addresses = endpoint["addresses"]?.strings ?? []
        if addresses.isEmpty {
            problems.append(.required(path / "addresses", "must contain at least 1 address"))
        } else if addresses.count > 100 {
            problems.append(.tooMany(path / "addresses", addresses.count, most: 100))
        }
        for (index, text) in addresses.enumerated() {
            let here = (path / "addresses").index(index)
            switch type {
            case "IPv4", "IPv6":
                let wrong = Formats.ip(text)
                problems.add(here, text, wrong)
                guard wrong.isEmpty else { continue }
                if IPAddress(text)?.isIPv4 != (type == "IPv4") {
                    problems.append(.invalid(here, .string(text), "must be an \(type) address"))
                }
                if !mayLoopBack { AddressRules.nonSpecial(text, here, &problems) }
            case "FQDN":
                problems.subdomain(text.hasSuffix(".") ? String(text.dropLast()) : text, here)
            default: break
            }
        }
        if endpoint.has("nodeName") { problems.subdomain(endpoint.text("nodeName"), path / "nodeName") }
        if endpoint.has("hostname") { problems.label(endpoint.text("hostname"), path / "hostname") }
        for key in ["forZones", "forNodes"] {
            let hints = endpoint["hints"]?.list(key) ?? []
            if hints.count > 8 { problems.append(.tooMany(path / "hints" / key, hints.count, most: 8)) }
            var seen: Set<String> = []
            for (index, hint) in hints.enumerated() {
                let here = (path / "hints" / key).index(index) / "name"
                if !seen.insert(hint.text("name")).inserted { problems.append(.duplicate(here, .string(hint.text("name")))) }
            }
        }
    }

    private static func ports(_ ports: [Value], _ path: FieldPath, _ problems: inout [Problem]) {
        if ports.count > 20000 { return problems.append(.tooMany(path, ports.count, most: 20000)) }
        var names: Set<String> = []
        for (index, port) in ports.enumerated() {
            let here = path.index(index)
            let name = port.text("name")
            if !name.isEmpty { problems.label(name, here / "name") }
            if !names.insert(name).inserted { problems.append(.duplicate(here / "name", .string(name))) }
            problems.oneOf(port, "protocol", protocols, here)
            if let number = port["port"]?.int { problems.port(number, here / "port") }
            if port.has("appProtocol") { problems.qualifiedName(port.text("appProtocol"), here / "appProtocol") }
        }
    }

    @Sendable static func sliceUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        var problems = slice(new)
        problems.immutable(new["addressType"], old["addressType"], FieldPath("addressType"))
        return problems
    }
}
