import ClusterObjects

/// The variables by which a container finds services (k8s.io/kubernetes/pkg/kubelet/envvars).
enum ServiceVariables {
    static func of(_ services: [APIObject], namespace: String, links: Bool) -> [(String, String)] {
        var result: [(String, String)] = []
        for service in services {
            let isMaster = service.namespace == "default" && service.name == "kubernetes"
            guard isMaster || (links && service.namespace == namespace) else { continue }
            guard let address = service.spec?["clusterIP"]?.string, !address.isEmpty, address != "None" else { continue }
            let ports = service.spec?["ports"].map { Array($0.elements) } ?? []
            guard let first = ports.first?["port"]?.int else { continue }
            let name = variable(service.name)
            result.append(("\(name)_SERVICE_HOST", address))
            result.append(("\(name)_SERVICE_PORT", String(first)))
            for port in ports where !port.name.isEmpty {
                result.append(("\(name)_SERVICE_PORT_\(variable(port.name))", String(port["port"]?.int ?? 0)))
            }
            for (index, port) in ports.enumerated() {
                let number = port["port"]?.int ?? 0
                let proto = port["protocol"]?.string ?? "TCP"
                let url = "\(proto.lowercased())://\(address):\(number)"
                if index == 0 { result.append(("\(name)_PORT", url)) }
                let prefix = "\(name)_PORT_\(number)_\(proto)"
                result.append((prefix, url))
                result.append(("\(prefix)_PROTO", proto.lowercased()))
                result.append(("\(prefix)_PORT", String(number)))
                result.append(("\(prefix)_ADDR", address))
            }
        }
        return result
    }

    private static func variable(_ name: String) -> String { name.uppercased().replacing("-", with: "_") }
}
