import ClusterAPI
import ClusterClient
import ClusterObjects
import Logging

/// The Service that stands for DNS, `kube-system/kube-dns`: it keeps the address from being given to another, and says where DNS is.
struct DNSService: Sendable {
    let client: any Client
    let address: IPv4Address
    let logger: Logger

    /// Makes the Service where there is none. Tried until it is there; why it is not is said once.
    func ensure() async {
        var seconds = 0.1
        var isTold = false
        while !Task.isCancelled {
            do throws(APIError) { return try await findOrMake() } catch {
                // The namespace may come after us.
                if !error.isNotFound, !isTold {
                    isTold = true
                    logger.warning("no Service for DNS yet", metadata: ["error": "\(error)"])
                }
            }
            guard (try? await Task.sleep(for: .seconds(seconds))) != nil else { return }
            seconds = min(seconds * 2, 30)
        }
    }

    /// Looks first: to make one that is there already fails over its own address.
    private func findOrMake() async throws(APIError) {
        do throws(APIError) {
            let found = ServiceView(try await client.get(.services, namespace: "kube-system", name: "kube-dns"))
            guard found.clusterIP != "\(address)" else { return }
            logger.warning(
                "kube-system/kube-dns has another address than the one that pods ask; delete it and start again",
                metadata: ["address": "\(found.clusterIP)", "asked": "\(address)"])
        } catch {
            guard error.isNotFound else { throw error }
            _ = try await client.create(.services, namespace: "kube-system", object)
        }
    }

    private var object: Value {
        [
            "apiVersion": "v1", "kind": "Service",
            "metadata": [
                "name": "kube-dns", "namespace": "kube-system",
                "labels": ["k8s-app": "kube-dns", "kubernetes.io/cluster-service": "true", "kubernetes.io/name": "CoreDNS"],
            ],
            "spec": [
                "clusterIP": .string("\(address)"),
                "ports": [
                    ["name": "dns", "port": 53, "protocol": "UDP", "targetPort": 53],
                    ["name": "dns-tcp", "port": 53, "protocol": "TCP", "targetPort": 53],
                ],
            ],
        ]
    }
}
