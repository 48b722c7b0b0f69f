import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterTransport
import NIOSSL

/// How a pod, a service or a node is reached by their `proxy` subresource.
struct ProxyRoute: Sendable {
    let relay: HTTPRelay
    /// The server's own name and port, as its links may have them.
    let host: String

    /// Services' certificates are not verified: nobody knows who signs them. So does kube-apiserver.
    static func unverified() throws(APIError) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        do { return try NIOSSLContext(configuration: configuration) } catch { throw .internalError("\(error)") }
    }
}

extension Call {
    /// - Throws: 400 for a name of no known form and for addresses that are nobody's, 404 for what is not there, 503 for a service that
    ///   has no such port, or nothing behind it.
    func proxyRoute() async throws(APIError) -> ProxyRoute {
        let kind = String(resource.plural.dropLast())
        guard let name = ProxyName(path.name) else { throw .badRequest("invalid \(kind) request \"\(path.name)\"") }
        switch kind {
        case "pod": return try podRoute(name)
        case "service": return try serviceRoute(name)
        default: return try nodeRoute(name)
        }
    }

    /// (pkg/registry/core/pod, ResourceLocation.)
    private func podRoute(_ name: ProxyName) throws(APIError) -> ProxyRoute {
        let pod = Pod(try object(resource, name.name))
        var port = name.port
        if port.isEmpty {
            let ports = pod.containers.flatMap { $0.elements("ports") }.compactMap { $0["containerPort"]?.int }
            port = ports.first.map { String($0) } ?? ""
        }
        guard let address = pod.status?["podIP"]?.string, ProxyAddress.isAllowed(address) else { throw .badRequest("address not allowed") }
        return try route(scheme: name.scheme, address, port, node: pod.nodeName)
    }

    /// (pkg/registry/core/service/storage, ResourceLocation.)
    private func serviceRoute(_ name: ProxyName) throws(APIError) -> ProxyRoute {
        var port = name.port
        if let number = Int(port) {
            let service = try object(resource, name.name)
            guard let found = service.spec?.elements("ports").first(where: { $0["port"]?.int == number }) else {
                throw .serviceUnavailable("no service port \(number) found for service \"\(name.name)\"")
            }
            port = found["name"]?.string ?? ""
        }
        let subsets = try endpoints(of: name.name).shuffled()
        guard !subsets.isEmpty else { throw .serviceUnavailable("no endpoints available for service \"\(name.name)\"") }
        for subset in subsets {
            guard let found = subset.elements("ports").first(where: { ($0["name"]?.string ?? "") == port }),
                let number = found["port"]?.int
            else { continue }
            for address in subset.elements("addresses").shuffled() {
                guard let ip = address["ip"]?.string, let pod = pod(at: ip, address["targetRef"]) else { continue }
                return try route(scheme: name.scheme, ip, String(number), node: pod.nodeName)
            }
        }
        throw .serviceUnavailable("no endpoints available for service \"\(path.name)\"")
    }

    private func endpoints(of service: String) throws(APIError) -> [Tree] {
        guard let resource = server.registry.resource(.endpoints) else { return [] }
        return Array(try object(resource, service).tree.elements("subsets"))
    }

    /// The pod that an address of the service is said to be of, when it has that address. Others are not gone to: who may write
    /// Endpoints could have the API server reach anything. (The same file, isValidAddress.)
    private func pod(at ip: String, _ reference: Tree?) -> Pod? {
        guard let reference, reference["namespace"]?.string == path.namespace, let name = reference["name"]?.string,
            let pods = server.registry.resource(.pods), let found = try? object(pods, name)
        else { return nil }
        let pod = Pod(found)
        return pod.status?.elements("podIPs").contains { $0["ip"]?.string == ip } == true ? pod : nil
    }

    /// (pkg/registry/core/node, ResourceLocation.)
    private func nodeRoute(_ name: ProxyName) throws(APIError) -> ProxyRoute {
        let node = try object(resource, name.name)
        let endpoint = try nodeEndpoint(node)
        if name.port.isEmpty || Int(name.port) == endpoint.address.port {
            return ProxyRoute(relay: endpoint.nodes.relay(to: endpoint.address), host: "\(endpoint.address.host):\(endpoint.address.port)")
        }
        guard ProxyAddress.isAllowed(endpoint.address.host) else { throw .badRequest("address not allowed") }
        return try route(scheme: name.scheme, endpoint.address.host, name.port, node: "")
    }

    private func object(_ resource: Resource, _ name: String) throws(APIError) -> APIObject {
        try server.get(Target(resource, namespace: path.namespace, name: name)).object
    }

    /// - Parameter node: whose network the address is in; empty for this machine's.
    private func route(scheme: String, _ address: String, _ port: String, node: String) throws(APIError) -> ProxyRoute {
        let host = address.contains(":") ? "[\(address)]" : address
        let shown = port.isEmpty ? host : "\(host):\(port)"
        guard let number = port.isEmpty ? (scheme == "https" ? 443 : 80) : Int(port), 1...65535 ~= number else {
            throw .serviceUnavailable("error trying to reach service: dial tcp \(shown): unknown port")
        }
        let tls = try scheme == "https" ? ProxyRoute.unverified() : nil
        guard !node.isEmpty, let nodes = server.registry.resource(.nodes) else {
            return ProxyRoute(relay: HTTPRelay(host: address, port: number, tls: tls), host: shown)
        }
        let endpoint = try nodeEndpoint(try server.get(Target(nodes, namespace: "", name: node)).object)
        return ProxyRoute(relay: endpoint.nodes.relay(through: endpoint.address, to: address, number, tls: tls), host: shown)
    }
}

/// Which addresses are proxied to: those that mean the same everywhere. (k8s.io/apimachinery, IsGlobalUnicast of net.IP.)
enum ProxyAddress {
    static func isAllowed(_ address: String) -> Bool {
        let parts = address.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        guard parts.count == 4, let first = parts[0], let second = parts[1], !parts.contains(nil) else {
            return isAllowedSix(address)
        }
        let isSpecial = first == 0 || first == 127 || 224...255 ~= first || (first == 169 && second == 254)
        return !isSpecial
    }

    private static func isAllowedSix(_ address: String) -> Bool {
        guard address.contains(":"), let first = address.split(separator: ":", omittingEmptySubsequences: false).first,
            let group = UInt16(first, radix: 16)
        else { return false }
        return group & 0xFFC0 != 0xFE80 && group & 0xFF00 != 0xFF00
    }
}
