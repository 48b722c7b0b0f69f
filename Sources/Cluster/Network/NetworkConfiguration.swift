import ClusterTransport

/// What the service proxy and DNS of a node are told.
public struct NetworkConfiguration: Sendable {
    /// Makes sockets inside the node's network, where pods and cluster addresses are.
    public var inside: any NodeSockets
    /// Makes sockets of the host, for node ports and for endpoints outside of the pod network.
    public var outside: any NodeSockets = HostSockets()
    public var nodeName: String
    /// Where LoadBalancer services are said to answer; empty: nowhere, their status is left alone.
    public var nodeAddress = ""
    /// The addresses of pods.
    public var podNetwork = "10.244.0.0/16"
    /// Where on the host node ports answer: addresses, or ranges of which the host's own addresses are meant; `0.0.0.0/0` is all.
    public var nodePortAddresses = ["127.0.0.1"]
    /// The cluster address of DNS, as the pods' resolv.conf has it; empty: no DNS.
    public var dnsAddress = "10.96.0.10"
    public var clusterDomain = "cluster.local"
    /// Whose name servers answer for names outside of the cluster.
    public var resolverFile = "/etc/resolv.conf"

    public init(inside: any NodeSockets, nodeName: String) {
        self.inside = inside
        self.nodeName = nodeName
    }
}
