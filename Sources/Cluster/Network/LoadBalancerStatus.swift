import ClusterAPI
import ClusterClient
import ClusterObjects
import Logging

/// Gives services of type LoadBalancer the node's address, and takes it from those that are none any more.
struct LoadBalancerStatus: Sendable {
    let client: any Client
    let nodeAddress: String
    let logger: Logger

    func publish(_ service: ServiceView) async {
        guard let patch = patch(for: service) else { return }
        do throws(APIError) {
            _ = try await client.patch(
                .services, namespace: service.namespace, name: service.name, subresource: "status", patch: Patch(.merge, patch),
                options: WriteOptions(fieldManager: "skiff-service-proxy"))
        } catch {
            if error.isNotFound || error.isConflict { return }
            logger.warning("a LoadBalancer's address is not published", metadata: ["service": "\(service.key)", "error": "\(error)"])
        }
    }

    /// The change of status that a service needs; nil for none.
    func patch(for service: ServiceView) -> Value? {
        if nodeAddress.isEmpty || service.isBeingDeleted { return nil }
        let published = (service.status?["loadBalancer"]?["ingress"]?.elements).map { $0.compactMap { $0["ip"]?.string } } ?? []
        // Of another class: somebody else's.
        let isOurs = service.type == "LoadBalancer" && service.spec?["loadBalancerClass"]?.string == nil
        if isOurs, published != [nodeAddress] {
            return ["status": ["loadBalancer": ["ingress": [["ip": .string(nodeAddress), "ipMode": "VIP"]]]]]
        }
        if service.type != "LoadBalancer", published == [nodeAddress] { return ["status": ["loadBalancer": ["ingress": .null]]] }
        return nil
    }
}
