import ClusterTransport

/// How a node is set up.
public struct NodeConfiguration: Sendable {
    /// The Node object's name, a DNS name.
    public var name: String
    /// The node's part of the state directory.
    public var directory: String
    /// Where the API server finds the node's endpoint: the Node's InternalIP.
    public var address = "127.0.0.1"
    /// The port of the node's HTTPS endpoint; 0 takes a free one.
    public var port = 0
    public var clusterDNS = "10.96.0.10"
    public var clusterDomain = "cluster.local"
    public var maxPods = 110
    public var kubernetesVersion = "v1.36.2"
    /// Signs the endpoint's certificate and those of who may use it; without it there is no endpoint.
    public var authority: ClusterCA?

    public init(name: String, directory: String) {
        self.name = name
        self.directory = directory
    }
}
