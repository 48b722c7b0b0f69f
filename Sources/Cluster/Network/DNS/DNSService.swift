import ClusterAPI
import ClusterClient
import ClusterObjects
import Logging

/// The Service that stands for DNS, `kube-system/kube-dns`: it keeps the address from being given to another, and says where DNS is.
struct DNSService: Sendable {
    let client: any Client
    let address: IPv4Address
    let logger: Logger

    /// Makes the Service where there is none. Tried until it is there: the namespace may come after us.
    func ensure() async {
        var seconds = 0.1
        while !Task.isCancelled {
            do throws(APIError) {
                // Asked for first: to make one that is there already fails over its own address.
                let found = ServiceView(try await client.get(.services, namespace: "kube-system", name: "kube-dns"))
                if found.clusterIP != "\(address)" {
                    logger.warning(
                        "kube-system/kube-dns has another address than the one that pods ask; delete it and start again",
                        metadata: ["address": "\(found.clusterIP)", "asked": "\(address)"])
                }
                return
            } catch {
                if error.isNotFound, await make() { return }
            }
            guard (try? await Task.sleep(for: .seconds(seconds))) != nil else { return }
            seconds = min(seconds * 2, 30)
        }
    }

    /// Whether there is nothing left to do.
    private func make() async -> Bool {
        do throws(APIError) {
            _ = try await client.create(.services, namespace: "kube-system", object)
            return true
        } catch {
            // The namespace may not be there yet; anything else will not change by itself.
            if error.code == 422 || error.code == 403 { logger.warning("no Service for DNS", metadata: ["error": "\(error)"]) }
            return error.code == 422 || error.code == 403
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
