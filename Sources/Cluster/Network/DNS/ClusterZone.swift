import ClusterObjects

/// What the cluster's own domain says. Source: Kubernetes DNS-based service discovery, version 1.1.0.
struct ClusterZone: Sendable {
    enum Outcome: Hashable {
        case answer(DNSAnswer)
        /// The name is another's: follow it.
        case alias(String)
        /// Not the cluster's to answer.
        case elsewhere
    }

    /// e.g. `cluster.local`.
    let domain: String
    private static let seconds: UInt32 = 5

    func answer(_ name: String, type: UInt16, in table: ServiceTable) -> Outcome {
        if name.hasSuffix(".in-addr.arpa") { return pointer(name, type, table) }
        guard name == domain || name.hasSuffix(".\(domain)") else { return .elsewhere }
        let labels = name.dropLast(domain.count).split(separator: ".").map(String.init)
        switch labels.last {
        case nil: return .answer(nothing)
        case "svc": return service(Array(labels.dropLast()), type, table)
        case "pod": return .answer(pod(Array(labels.dropLast()), type))
        default: return .answer(missing)
        }
    }

    private var nothing: DNSAnswer { DNSAnswer(domain: domain) }
    private var missing: DNSAnswer { DNSAnswer(code: .nameError, domain: domain) }

    private func found(_ records: [DNSRecord.Content], additional: [DNSRecord] = []) -> DNSAnswer {
        DNSAnswer(
            records: records.map { DNSRecord(name: nil, seconds: ClusterZone.seconds, content: $0) }, additional: additional, domain: domain
        )
    }

    /// `labels` lead to the service: `web.shop`, `pod-0.web.shop`, `_http._tcp.web.shop`.
    private func service(_ labels: [String], _ type: UInt16, _ table: ServiceTable) -> Outcome {
        guard let namespace = labels.last else { return .answer(nothing) }
        guard labels.count > 1 else { return .answer(table.hasServices(in: namespace) ? nothing : missing) }
        let key = ObjectKey(namespace: namespace, name: labels[labels.count - 2])
        guard let service = table.services[key] else { return .answer(missing) }
        let rest = labels.dropLast(2)
        if service.type == "ExternalName" {
            guard rest.isEmpty, let target = service.spec?["externalName"]?.string, !target.isEmpty else { return .answer(missing) }
            return .alias(String(target.lowercased().prefix(253)))
        }
        let ends = ends(of: key, service, table)
        switch rest.count {
        case 0:
            if type == DNSType.srv { return .answer(ports(service, ends, key, name: nil, proto: nil)) }
            let addresses = service.isHeadless ? unique(ends.map(\.address)) : IPv4Address(service.clusterIP).map { [$0] } ?? []
            if service.isHeadless, addresses.isEmpty { return .answer(missing) }
            return .answer(type == DNSType.a || type == DNSType.any ? found(addresses.map { .a($0) }) : nothing)
        case 1:
            guard let label = rest.first, service.isHeadless else { return .answer(missing) }
            let addresses = unique(ends.filter { $0.label == label }.map(\.address))
            if addresses.isEmpty { return .answer(missing) }
            return .answer(type == DNSType.a || type == DNSType.any ? found(addresses.map { .a($0) }) : nothing)
        case 2:
            guard let port = rest.first, let proto = rest.last, port.hasPrefix("_"), proto.hasPrefix("_") else { return .answer(missing) }
            let answer = ports(service, ends, key, name: String(port.dropFirst()), proto: String(proto.dropFirst()))
            if answer.records.isEmpty { return .answer(missing) }
            return .answer(type == DNSType.srv || type == DNSType.any ? answer : nothing)
        default: return .answer(missing)
        }
    }

    private struct End {
        var address: IPv4Address
        /// Under which the end has a name of its own.
        var label: String
        var ports: [ServiceTable.Port]
    }

    private func ends(of key: ObjectKey, _ service: ServiceView, _ table: ServiceTable) -> [End] {
        guard service.isHeadless else { return [] }
        return table.slices(of: key).flatMap { slice in
            slice.endpoints.filter { $0.isReady || service.publishesNotReady }.map {
                End(address: $0.address, label: $0.hostname.isEmpty ? ClusterZone.dashed($0.address) : $0.hostname, ports: slice.ports)
            }
        }
    }

    /// SRV records; name and protocol nil for all ports.
    private func ports(_ service: ServiceView, _ ends: [End], _ key: ObjectKey, name: String?, proto: String?) -> DNSAnswer {
        func wanted(_ port: String, _ transport: String) -> Bool {
            !port.isEmpty && (name == nil || port.lowercased() == name) && (proto == nil || transport.lowercased() == proto)
        }
        let base = "\(key.name).\(key.namespace).svc.\(domain)"
        var records: [DNSRecord.Content] = []
        var targets: [String: IPv4Address] = [:]
        if service.isHeadless {
            for end in ends {
                for port in end.ports where wanted(port.name, port.proto) {
                    records.append(.srv(port: port.number, target: "\(end.label).\(base)"))
                    targets["\(end.label).\(base)"] = end.address
                }
            }
        } else {
            for port in service.ports where wanted(port["name"]?.string ?? "", port["protocol"]?.string ?? "TCP") {
                guard let number = port["port"]?.int.flatMap({ UInt16(exactly: $0) }) else { continue }
                records.append(.srv(port: number, target: base))
                targets[base] = IPv4Address(service.clusterIP)
            }
        }
        let additional = targets.sorted { $0.key < $1.key }.map {
            DNSRecord(name: $0.key, seconds: ClusterZone.seconds, content: .a($0.value))
        }
        return found(unique(records), additional: additional)
    }

    /// `10-244-0-5.shop` is that address, whether or not there is such a pod.
    private func pod(_ labels: [String], _ type: UInt16) -> DNSAnswer {
        guard labels.count == 2 else { return labels.count < 2 ? nothing : missing }
        guard let address = IPv4Address(labels[0].split(separator: "-", omittingEmptySubsequences: false).joined(separator: ".")) else {
            return missing
        }
        return type == DNSType.a || type == DNSType.any ? found([.a(address)]) : nothing
    }

    private func pointer(_ name: String, _ type: UInt16, _ table: ServiceTable) -> Outcome {
        let labels = name.dropLast(".in-addr.arpa".count).split(separator: ".", omittingEmptySubsequences: false)
        guard let address = IPv4Address(labels.reversed().joined(separator: ".")) else { return .elsewhere }
        var names: [String] = []
        if let key = table.service(at: address) { names = ["\(key.name).\(key.namespace).svc.\(domain)"] }
        if names.isEmpty {
            for (key, service) in table.services where service.isHeadless {
                for end in ends(of: key, service, table) where end.address == address {
                    names.append("\(end.label).\(key.name).\(key.namespace).svc.\(domain)")
                }
            }
        }
        if names.isEmpty { return .elsewhere }
        return .answer(type == DNSType.ptr || type == DNSType.any ? found(unique(names.sorted()).map { .ptr($0) }) : nothing)
    }

    private static func dashed(_ address: IPv4Address) -> String { address.bytes.map(String.init).joined(separator: "-") }

    private func unique<Element: Hashable>(_ elements: [Element]) -> [Element] {
        var seen: Set<Element> = []
        return elements.filter { seen.insert($0).inserted }
    }
}
