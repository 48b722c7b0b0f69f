import ClusterObjects

extension Kinds {
    static func endpoints(_ resource: inout Resource) {
        resource.rules.allowsCreateOnUpdate = true
        resource.rules.validate = EndpointsRules.validate
        resource.rules.validateUpdate = { new, _, _ in EndpointsRules.validate(new) }
        resource.rules.setDefaults = { endpoints in
            endpoints.editEach("subsets") { $0.editEach("ports") { $0.fill("protocol", "TCP") } }
        }
    }
}

/// What Endpoints must be.
enum EndpointsRules {
    @Sendable static func validate(_ object: Value) -> [Problem] {
        var problems: [Problem] = []
        for (index, subset) in object.list("subsets").enumerated() {
            let here = FieldPath("subsets").index(index)
            if subset.list("addresses").isEmpty, subset.list("notReadyAddresses").isEmpty {
                problems.append(.required(here, "must specify `addresses` or `notReadyAddresses`"))
            }
            for list in ["addresses", "notReadyAddresses"] {
                for (place, address) in subset.list(list).enumerated() {
                    self.address(address, (here / list).index(place), mayLoopBack: EndpointRules.mayLoopBack(object), &problems)
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
                problems.oneOf(port, "protocol", EndpointRules.protocols, path)
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
}
