import ClusterObjects

/// What Endpoints and EndpointSlices have in common.
enum EndpointRules {
    static let protocols = ["SCTP", "TCP", "UDP"]

    /// Endpoints that may be on the loopback, which is where a node of one machine is: those of the server itself, and those of pods
    /// in the node's network, which the controllers write.
    static func mayLoopBack(_ object: Value) -> Bool {
        let metadata = object["metadata"] ?? .emptyObject
        if metadata.text("namespace") == "default", metadata.text("name") == "kubernetes" { return true }
        let labels = metadata["labels"] ?? .emptyObject
        return labels.text("endpointslice.kubernetes.io/managed-by").hasSuffix("-controller.k8s.io")
            || labels.text("endpoints.kubernetes.io/managed-by") == "endpoint-controller"
    }
}
