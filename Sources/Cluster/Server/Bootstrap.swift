import ClusterAPI
import ClusterClient
import ClusterObjects

extension APIServer {
    /// Makes what every cluster has: its namespaces, the `kubernetes` service and its endpoints, the system's priority classes, the roles
    /// that Kubernetes' users and this program's parts have.
    /// What is there stays as it is; only the endpoints follow the address.
    /// - Parameter port: where the API answers, known once its socket is bound.
    public func bootstrap(port: Int) async throws(APIError) {
        await definitions.load(self)
        unenforced.load(self)
        let client = localClient(user: "system:apiserver")
        for name in ["default", "kube-system", "kube-public", "kube-node-lease"] {
            try await ensure(client, .namespaces, nil, ["metadata": ["name": .string(name)]])
        }
        for (name, value, description) in [
            (
                "system-cluster-critical", 2_000_000_000,
                "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary."
            ),
            (
                "system-node-critical", 2_000_001_000,
                "Used for system critical pods that must not be moved from their current node."
            ),
        ] {
            try await ensure(
                client, .priorityClasses, nil,
                ["metadata": ["name": .string(name)], "value": Value(value), "description": .string(description)])
        }
        try await bootstrapAccess()
        let labels: Value = ["component": "apiserver", "provider": "kubernetes"]
        let address = ServiceNetwork.text(configuration.serviceNetwork.api)
        try await ensure(
            client, .services, "default",
            [
                "metadata": ["name": "kubernetes", "labels": labels],
                "spec": [
                    "clusterIP": .string(address), "type": "ClusterIP", "sessionAffinity": "None",
                    "ports": [["name": "https", "port": 443, "protocol": "TCP", "targetPort": Value(port)]],
                ],
            ])
        try await publishEndpoints(client, port: Value(port))
    }

    private func publishEndpoints(_ client: LocalClient, port: Value) async throws(APIError) {
        try await put(
            client, .endpointSlices, "default",
            [
                "metadata": ["name": "kubernetes", "labels": ["kubernetes.io/service-name": "kubernetes"]], "addressType": "IPv4",
                "endpoints": [["addresses": [.string(configuration.advertisedAddress)], "conditions": ["ready": true]]],
                "ports": [["name": "https", "port": port, "protocol": "TCP"]],
            ])
        try await put(
            client, .endpoints, "default",
            [
                "metadata": ["name": "kubernetes", "labels": ["endpointslice.kubernetes.io/skip-mirror": "true"]],
                "subsets": [
                    [
                        "addresses": [["ip": .string(configuration.advertisedAddress)]],
                        "ports": [["name": "https", "port": port, "protocol": "TCP"]],
                    ]
                ],
            ])
    }

    private func ensure(
        _ client: LocalClient, _ resource: GroupVersionResource, _ namespace: String?, _ object: Value
    ) async throws(APIError) {
        guard registry.resource(resource) != nil else { return }
        let path = ObjectKey(namespace: namespace ?? "", name: object[path: "metadata", "name"]?.string ?? "")
        if store.get(resource.groupResource, path.description) != nil { return }
        do { _ = try await client.create(resource, namespace: namespace, object) } catch  where error.isAlreadyExists { return }
    }

    private func put(
        _ client: LocalClient, _ resource: GroupVersionResource, _ namespace: String, _ object: Value
    ) async throws(APIError) {
        let name = object[path: "metadata", "name"]?.string ?? ""
        if store.get(resource.groupResource, "\(namespace)/\(name)") == nil {
            try await ensure(client, resource, namespace, object)
        } else {
            _ = try await client.update(
                resource, namespace: namespace, name: name, subresource: nil, object: object, options: WriteOptions())
        }
    }
}
