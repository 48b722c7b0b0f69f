import ClusterObjects

/// Rows of services, their endpoints and ingresses.
enum NetworkRows {
    static func service(_ object: Tree, _ now: Timestamp) -> [Value] {
        let spec = object["spec"] ?? Value.emptyObject.tree
        let internalAddress = spec["clusterIPs"]?.strings.first ?? spec.text("clusterIP", or: CellTexts.none)
        let ports = spec.elements("ports").map { port in
            let node = port.number("nodePort")
            return "\(port.number("port"))\(node > 0 ? ":\(node)" : "")/\(port.text("protocol"))"
        }
        return [
            .string(spec.text("type")), .string(internalAddress.isEmpty ? CellTexts.none : internalAddress),
            .string(externalAddress(spec, object["status"])), .string(ports.isEmpty ? CellTexts.none : ports.joined(separator: ",")),
            TableRows.age(object, now), .string(CellTexts.labels(spec["selector"])),
        ]
    }

    private static func externalAddress(_ spec: Tree, _ status: Tree?) -> String {
        let external = spec["externalIPs"]?.strings ?? []
        switch spec.text("type") {
        case "ExternalName": return spec.text("externalName")
        case "LoadBalancer":
            let all = CellTexts.loadBalancer(status) + external
            return all.isEmpty ? "<pending>" : all.joined(separator: ",")
        case "ClusterIP", "NodePort": return external.isEmpty ? CellTexts.none : external.joined(separator: ",")
        default: return CellTexts.unknown
        }
    }

    static func endpoints(_ object: Tree, _ now: Timestamp) -> [Value] {
        var all: [String] = []
        var isEmpty = true
        for subset in object.elements("subsets") {
            isEmpty = false
            let addresses = subset.elements("addresses").map { $0.text("ip") }
            let ports = subset.elements("ports").map { String($0.number("port")) }
            if ports.isEmpty { all += addresses }
            for port in ports { all += addresses.map { CellTexts.endpoint($0, port) } }
        }
        return [.string(CellTexts.some(all, most: 3, empty: isEmpty ? CellTexts.none : "")), TableRows.age(object, now)]
    }

    static func endpointSlice(_ object: Tree, _ now: Timestamp) -> [Value] {
        let ports = object.elements("ports").map { port in port["port"]?.int.map(String.init) ?? port.text("name", or: "*") }
        let addresses = object.elements("endpoints").flatMap { $0["addresses"]?.strings ?? [] }
        return [
            .string(object.text("addressType")), .string(CellTexts.some(ports, most: 3, empty: CellTexts.unset)),
            .string(CellTexts.some(addresses, most: 3, empty: CellTexts.unset)), TableRows.age(object, now),
        ]
    }

    static func ingress(_ object: Tree, _ now: Timestamp) -> [Value] {
        let spec = object["spec"] ?? Value.emptyObject.tree
        let hosts = spec.elements("rules").map { $0.text("host") }.filter { !$0.isEmpty }
        let isSecure = spec["tls"]?.count ?? 0 > 0
        return [
            .string(spec.text("ingressClassName", or: CellTexts.none)), .string(CellTexts.some(hosts, most: 3, empty: "*")),
            .string(CellTexts.loadBalancer(object["status"]).joined(separator: ",")), .string(isSecure ? "80, 443" : "80"),
            TableRows.age(object, now),
        ]
    }

    static func ingressClass(_ object: Tree, _ now: Timestamp) -> [Value] {
        var parameters = CellTexts.none
        if let given = object[path: "spec", "parameters"], given.isObject {
            let group = given.text("apiGroup")
            parameters = "\(given.text("kind"))\(group.isEmpty ? "" : ".\(group)")/\(given.text("name"))"
        }
        return [.string(object["spec"]?.text("controller") ?? ""), .string(parameters), TableRows.age(object, now)]
    }

    static func address(_ object: Tree, _ now: Timestamp) -> [Value] {
        guard let parent = object[path: "spec", "parentRef"] else { return [.string(CellTexts.none)] }
        let resource = GroupResource(parent.text("group"), parent.text("resource"))
        let namespace = parent.text("namespace")
        return [.string("\(resource)/\(namespace.isEmpty ? "" : "\(namespace)/")\(parent.text("name"))")]
    }
}
