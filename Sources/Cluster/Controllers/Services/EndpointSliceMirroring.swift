import ClusterClient
import ClusterObjects

/// Publishes Endpoints that somebody wrote for a service without selector as EndpointSlices, which is what proxies and DNS read.
/// (k8s.io/kubernetes/pkg/controller/endpointslicemirroring)
struct EndpointSliceMirroring: Controller {
    let name = "endpoint-slice-mirroring-controller"

    static let managerName = "endpointslicemirroring-controller.k8s.io"
    private static let skipLabel = "endpointslice.kubernetes.io/skip-mirror"
    private static let leaderAnnotation = "control-plane.alpha.kubernetes.io/leader"
    private static let triggerAnnotation = "endpoints.kubernetes.io/last-change-trigger-time"
    private static let appliedAnnotation = "kubectl.kubernetes.io/last-applied-configuration"
    /// Addresses of one subset that are mirrored.
    private static let mostAddresses = 1000

    var watches: [Watched] {
        [.primary(.endpoints), .primary(.services), EndpointSlicePublication.watched(managedBy: Self.managerName)]
    }

    func reconcile(_ request: Reconciliation) -> Decision {
        // The slices of Endpoints that are gone are garbage: they have an owner.
        guard let endpoints = request.cluster.object(.endpoints, request.key), !endpoints.isBeingDeleted else { return .nothing }
        guard isMirrored(endpoints, in: request.cluster) else {
            let slices = EndpointSlicePublication.slices(of: endpoints, managedBy: Self.managerName, in: request.cluster)
            return slices.isEmpty ? .nothing : Decision(steps: [slices.map { .delete(.endpointSlices, $0) }])
        }
        var labels = endpoints.labels
        labels[EndpointSlicePublication.serviceName] = endpoints.name
        labels[EndpointSlicePublication.managedBy] = Self.managerName
        let annotations = endpoints.annotations.filter { $0.key != Self.triggerAnnotation && $0.key != Self.appliedAnnotation }
        return EndpointSlicePublication(owner: endpoints, ownerKind: "Endpoints", labels: labels, annotations: annotations)
            .decision(contents(of: endpoints), in: request.cluster)
    }

    private func isMirrored(_ endpoints: APIObject, in cluster: any ClusterView) -> Bool {
        guard endpoints.labels[Self.skipLabel] != "true", endpoints.annotations[Self.leaderAnnotation] == nil,
            let service = cluster.object(.services, endpoints.key)
        else { return false }
        return ServiceView(service).selector == nil
    }

    private func contents(of endpoints: APIObject) -> EndpointSliceContents {
        var contents = EndpointSliceContents()
        for subset in endpoints.tree.elements("subsets") {
            let ports: [Value] = subset.elements("ports").map { port in
                var result: Value = ["name": Value(port["name"]?.string ?? "")]
                for key in ["port", "protocol", "appProtocol"] { result[key] = port[key]?.value }
                return result
            }
            let ready = subset.elements("addresses").map { ($0, true) }
            let notReady = subset.elements("notReadyAddresses").map { ($0, false) }
            for (address, isReady) in (ready + notReady).prefix(Self.mostAddresses) {
                guard let ip = address["ip"]?.string else { continue }
                var endpoint: Value = ["addresses": [Value(ip)], "conditions": ["ready": Value(isReady)]]
                for key in ["targetRef", "nodeName"] { endpoint[key] = address[key]?.value }
                if let hostname = address["hostname"]?.string, !hostname.isEmpty { endpoint["hostname"] = Value(hostname) }
                contents.add(endpoint, family: ip.contains(":") ? "IPv6" : "IPv4", ports: ports)
            }
        }
        return contents
    }
}
