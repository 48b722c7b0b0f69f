/// Where a service's connections go to.
struct Backend: Sendable, Hashable, CustomStringConvertible {
    var address: IPv4Address
    var port: UInt16
    var description: String { "\(address):\(port)" }
}

enum TransportProtocol: String, Sendable {
    case tcp = "TCP"
    case udp = "UDP"
}

/// An address and port that the proxy answers on.
struct Frontend: Sendable, Hashable, CustomStringConvertible {
    enum Place: Sendable { case node, host }

    /// Inside the node's network, or outside of it on the host.
    var place: Place
    var address: IPv4Address
    var port: UInt16
    var proto: TransportProtocol
    var description: String { "\(address):\(port)/\(proto.rawValue)" }
}

/// How a frontend chooses among its backends.
struct FrontendRule: Sendable, Hashable {
    var backends: [Backend]
    /// A client stays with its backend for that long after its last connection; nil: it does not.
    var affinitySeconds: Int?
    /// Clients outside of these are refused; empty: none is.
    var sourceRanges: [IPv4Network] = []
}
