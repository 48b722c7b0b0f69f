import ClusterObjects

/// What the proxy of a node answers on. Source: k8s.io/kubernetes/pkg/proxy (topology.go, serviceport.go).
struct ProxyScope: Sendable {
    var nodeName: String
    var nodePortAddresses: [IPv4Address]
    /// Cluster addresses that something else answers on.
    var reserved: Set<IPv4Address>
}

extension ServiceTable {
    /// The frontends of a service and where each leads; none for a service that is not there or leads nowhere.
    func rules(for key: ObjectKey, in scope: ProxyScope) -> [Frontend: FrontendRule] {
        guard let service = services[key], service.type != "ExternalName" else { return [:] }
        let slices = slices(of: key)
        let affinity = service.affinitySeconds
        var rules: [Frontend: FrontendRule] = [:]
        for port in service.ports {
            guard let proto = TransportProtocol(rawValue: port["protocol"]?.string ?? "TCP"),
                let number = port["port"]?.int.flatMap({ UInt16(exactly: $0) }), number > 0
            else { continue }
            let all = candidates(slices, port: port["name"]?.string ?? "", proto)
            let local = all.filter { $0.endpoint.nodeName == scope.nodeName }
            let inside = ServiceTable.chosen(service.internalTrafficPolicy == "Local" ? local : all)
            let outside = ServiceTable.chosen(service.externalTrafficPolicy == "Local" ? local : all)
            if let address = IPv4Address(service.clusterIP), !scope.reserved.contains(address) {
                rules[Frontend(place: .node, address: address, port: number, proto: proto)] =
                    FrontendRule(backends: inside, affinitySeconds: affinity)
            }
            guard service.isExternal else { continue }
            if let nodePort = port["nodePort"]?.int.flatMap({ UInt16(exactly: $0) }), nodePort > 0 {
                for address in scope.nodePortAddresses {
                    rules[Frontend(place: .host, address: address, port: nodePort, proto: proto)] =
                        FrontendRule(backends: outside, affinitySeconds: affinity)
                }
            }
            for address in service.balancerAddresses {
                rules[Frontend(place: .host, address: address, port: number, proto: proto)] =
                    FrontendRule(backends: outside, affinitySeconds: affinity, sourceRanges: service.sourceRanges)
            }
        }
        return rules.filter { !$0.value.backends.isEmpty }
    }

    private func candidates(
        _ slices: [Slice], port name: String, _ proto: TransportProtocol
    ) -> [(endpoint: Endpoint, backend: Backend)] {
        var found: [(Endpoint, Backend)] = []
        var seen: Set<Backend> = []
        for slice in slices {
            for port in slice.ports where port.name == name && port.proto == proto.rawValue {
                for endpoint in slice.endpoints {
                    let backend = Backend(address: endpoint.address, port: port.number)
                    if endpoint.isReady || endpoint.isServingToTheEnd, seen.insert(backend).inserted { found.append((endpoint, backend)) }
                }
            }
        }
        return found
    }

    /// The ready ones; where there is none, those that still serve while they end.
    private static func chosen(_ candidates: [(endpoint: Endpoint, backend: Backend)]) -> [Backend] {
        let ready = candidates.filter(\.endpoint.isReady)
        return (ready.isEmpty ? candidates : ready).map(\.backend)
    }
}

extension ServiceView {
    fileprivate var isExternal: Bool { type == "NodePort" || type == "LoadBalancer" }
    fileprivate var internalTrafficPolicy: String { spec?["internalTrafficPolicy"]?.string ?? "Cluster" }
    fileprivate var externalTrafficPolicy: String { spec?["externalTrafficPolicy"]?.string ?? "Cluster" }

    fileprivate var affinitySeconds: Int? {
        guard spec?["sessionAffinity"]?.string == "ClientIP" else { return nil }
        return spec?["sessionAffinityConfig"]?["clientIP"]?["timeoutSeconds"]?.int ?? 10800
    }

    fileprivate var balancerAddresses: [IPv4Address] {
        guard type == "LoadBalancer" else { return [] }
        return (status?["loadBalancer"]?["ingress"]?.elements).map { $0.compactMap { $0["ip"]?.string.flatMap { IPv4Address($0) } } } ?? []
    }

    fileprivate var sourceRanges: [IPv4Network] {
        (spec?["loadBalancerSourceRanges"]?.strings ?? []).compactMap { IPv4Network($0) }
    }
}
