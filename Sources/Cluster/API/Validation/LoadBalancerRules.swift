import ClusterObjects

/// Statuses of load balancers, of services and ingresses.
enum LoadBalancerRules {
    static func status(_ object: Value) -> [Problem] {
        var problems: [Problem] = []
        let type = object[path: "spec", "type"]?.string ?? ""
        let path = FieldPath("status", "loadBalancer", "ingress")
        let ingress = object[path: "status", "loadBalancer", "ingress"]?.array ?? []
        if type != "LoadBalancer", !type.isEmpty, !ingress.isEmpty {
            return [.forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'")]
        }
        for (index, entry) in ingress.enumerated() {
            let here = path.index(index)
            let (ip, host) = (entry.text("ip"), entry.text("hostname"))
            if !ip.isEmpty { problems.ip(ip, here / "ip") }
            if !type.isEmpty {
                if entry.has("ipMode"), ip.isEmpty {
                    problems.append(.forbidden(here / "ipMode", "may not be specified when `ip` is not set"))
                } else {
                    problems.oneOfIfSet(entry, "ipMode", ["Proxy", "VIP"], here)
                }
            }
            if !host.isEmpty {
                problems.subdomain(host, here / "hostname")
                if IPAddress(host) != nil {
                    problems.append(
                        .invalid(here / "hostname", .string(host), "must be a DNS name, not an IP address"))
                }
            }
        }
        return problems
    }
}
