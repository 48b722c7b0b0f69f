import ClusterObjects

/// What a pod's own `/etc/hostname`, `/etc/hosts` and `/etc/resolv.conf` say.
struct PodNames: Sendable {
    let pod: Pod
    let clusterDNS: String
    let clusterDomain: String
    /// The host's `/etc/resolv.conf`.
    let hostResolver: String
    let nodeName: String

    private var usesHostNetwork: Bool { pod.spec?["hostNetwork"]?.bool ?? false }

    var hostname: String {
        if usesHostNetwork { return nodeName }
        let plain = String((pod.spec?["hostname"]?.string ?? pod.name).prefix(63))
        let short = String(plain.reversed().drop { $0 == "-" || $0 == "." }.reversed())
        if pod.spec?["setHostnameAsFQDN"]?.bool == true, let domain { return String("\(short).\(domain)".prefix(64)) }
        return short
    }

    private var domain: String? {
        guard let subdomain = pod.spec?["subdomain"]?.string, !subdomain.isEmpty else { return nil }
        return "\(subdomain).\(pod.namespace).svc.\(clusterDomain)"
    }

    func hosts(address: String) -> String {
        var text = """
            # Kubernetes-managed hosts file.
            127.0.0.1\tlocalhost
            ::1\tlocalhost ip6-localhost ip6-loopback
            fe00::0\tip6-localnet
            fe00::0\tip6-mcastprefix
            fe00::1\tip6-allnodes
            fe00::2\tip6-allrouters

            """
        let short = pod.spec?["hostname"]?.string ?? hostname
        text += domain.map { "\(address)\t\(short).\($0)\t\(short)\n" } ?? "\(address)\t\(hostname)\n"
        let aliases = pod.spec?["hostAliases"].map { Array($0.elements) } ?? []
        if !aliases.isEmpty { text += "\n# Entries added by HostAliases.\n" }
        for alias in aliases {
            text += "\(alias["ip"]?.string ?? "")\t\((alias["hostnames"]?.strings ?? []).joined(separator: "\t"))\n"
        }
        return text
    }

    var resolver: String {
        var policy = pod.spec?["dnsPolicy"]?.string ?? "ClusterFirst"
        if policy == "ClusterFirst", usesHostNetwork { policy = "Default" }
        let host = Resolver(hostResolver)
        var result = Resolver()
        switch policy {
        case "None": break
        case "Default": result = host
        default:
            result.nameservers = [clusterDNS]
            result.searches = ["\(pod.namespace).svc.\(clusterDomain)", "svc.\(clusterDomain)", clusterDomain] + host.searches
            result.options = ["ndots:5"]
        }
        if let config = pod.spec?["dnsConfig"] {
            result.nameservers = unique(result.nameservers + (config["nameservers"]?.strings ?? []))
            result.searches = unique(result.searches + (config["searches"]?.strings ?? []))
            for option in config["options"].map({ Array($0.elements) }) ?? [] {
                result.options.removeAll { $0 == option.name || $0.hasPrefix("\(option.name):") }
                result.options.append(option["value"]?.string.map { "\(option.name):\($0)" } ?? option.name)
            }
        }
        return result.text
    }

    private func unique(_ list: [String]) -> [String] {
        var seen: Set<String> = []
        return list.filter { seen.insert($0).inserted }
    }
}

/// The lines of a resolv.conf(5).
private struct Resolver {
    var nameservers: [String] = []
    var searches: [String] = []
    var options: [String] = []

    init() {}

    init(_ text: String) {
        for line in text.split(separator: "\n") {
            let words = line.split { $0 == " " || $0 == "\t" }.map(String.init)
            switch words.first {
            case "nameserver": nameservers += words.dropFirst().prefix(1)
            case "search", "domain": searches = Array(words.dropFirst()).filter { $0 != "." }
            case "options": options += words.dropFirst()
            default: break
            }
        }
    }

    var text: String {
        var lines: [String] = []
        if !searches.isEmpty { lines.append("search \(searches.joined(separator: " "))") }
        lines += nameservers.map { "nameserver \($0)" }
        if !options.isEmpty { lines.append("options \(options.joined(separator: " "))") }
        return lines.joined(separator: "\n") + "\n"
    }
}
