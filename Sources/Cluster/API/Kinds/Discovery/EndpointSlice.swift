import ClusterObjects

extension Kinds {
    static func endpointSlice(_ resource: inout Resource) {
        resource.rules.hasGeneration = true
        resource.rules.validate = EndpointSliceRules.validate
        resource.rules.validateUpdate = EndpointSliceRules.validateUpdate
        resource.rules.setDefaults = { slice in
            slice.editEach("ports") { port in
                port.fill("name", "")
                port.fill("protocol", "TCP")
            }
        }
    }
}

/// What EndpointSlices must be.
enum EndpointSliceRules {
    @Sendable static func validate(_ slice: Value) -> [Problem] {
        var problems: [Problem] = []
        let type = slice.text("addressType")
        problems.oneOf(slice, "addressType", ["FQDN", "IPv4", "IPv6"], FieldPath())
        let endpoints = slice.list("endpoints")
        if endpoints.count > 1000 {
            problems.append(.tooMany(FieldPath("endpoints"), endpoints.count, most: 1000))
        } else {
            for (index, endpoint) in endpoints.enumerated() {
                self.endpoint(endpoint, type, FieldPath("endpoints").index(index), mayLoopBack: EndpointRules.mayLoopBack(slice), &problems)
            }
        }
        ports(slice.list("ports"), FieldPath("ports"), &problems)
        return problems
    }

    private static func endpoint(
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
            problems.oneOf(port, "protocol", EndpointRules.protocols, here)
            if let number = port["port"]?.int { problems.port(number, here / "port") }
            if port.has("appProtocol") { problems.qualifiedName(port.text("appProtocol"), here / "appProtocol") }
        }
    }

    @Sendable static func validateUpdate(_ new: Value, _ old: Value, _ subresource: String) -> [Problem] {
        var problems = validate(new)
        problems.immutable(new["addressType"], old["addressType"], FieldPath("addressType"))
        return problems
    }
}
