import ClusterClient
import ClusterObjects

/// Publishes the pods of a service as EndpointSlices: one group of slices for every address family and every way the service's
/// ports resolve. (k8s.io/endpointslice)
struct EndpointSliceController: Controller {
    let name = "endpoint-slice-controller"

    static let managerName = "endpointslice-controller.k8s.io"

    var watches: [Watched] {
        [
            .primary(.services), ServicePods.watched, EndpointSlicePublication.watched(managedBy: Self.managerName), .read(.nodes),
        ]
    }

    func reconcile(_ request: Reconciliation) -> Decision {
        guard let object = request.cluster.object(.services, request.key), !object.isBeingDeleted else { return .nothing }
        let service = ServiceView(object)
        guard service.type != "ExternalName", service.selector != nil else { return .nothing }
        var contents = EndpointSliceContents()
        for pod in ServicePods.selected(by: service, in: request.cluster) {
            for address in ServicePods.addresses(of: pod) {
                let family = address.contains(":") ? "IPv6" : "IPv4"
                guard service.ipFamilies.isEmpty || service.ipFamilies.contains(family) else { continue }
                contents.add(endpoint(pod, address, service, request.cluster), family: family, ports: ports(of: service, pod))
            }
        }
        let publication = EndpointSlicePublication(
            owner: object, ownerKind: "Service", labels: labels(service),
            emptyFamilies: service.ipFamilies.isEmpty ? ["IPv4"] : service.ipFamilies)
        return publication.decision(contents, in: request.cluster)
    }

    private func labels(_ service: ServiceView) -> [String: String] {
        var labels = service.labels
        labels[ServicePods.headlessLabel] = service.isHeadless ? "" : nil
        labels[EndpointSlicePublication.serviceName] = service.name
        labels[EndpointSlicePublication.managedBy] = Self.managerName
        return labels
    }

    // MARK: - Endpoints

    private func ports(of service: ServiceView, _ pod: Pod) -> [Value] {
        service.ports.compactMap { port in
            guard let number = ServicePods.targetPort(port, of: pod) else { return nil }
            var result: Value = [
                "name": Value(port["name"]?.string ?? ""), "port": Value(number),
                "protocol": Value(port["protocol"]?.string ?? "TCP"),
            ]
            if let application = port["appProtocol"]?.string { result["appProtocol"] = Value(application) }
            return result
        }
    }

    private func endpoint(_ pod: Pod, _ address: String, _ service: ServiceView, _ cluster: any ClusterView) -> Value {
        let serving = pod.isReady
        let terminating = pod.isBeingDeleted
        var endpoint: Value = [
            "addresses": [Value(address)],
            "conditions": [
                "ready": Value(service.publishesNotReady || (serving && !terminating)), "serving": Value(serving),
                "terminating": Value(terminating),
            ],
            "targetRef": ServicePods.reference(pod),
        ]
        if !pod.nodeName.isEmpty {
            endpoint["nodeName"] = Value(pod.nodeName)
            let node = cluster.object(.nodes, ObjectKey(name: pod.nodeName))
            if let zone = node?.labels["topology.kubernetes.io/zone"] { endpoint["zone"] = Value(zone) }
        }
        if let hostname = ServicePods.hostname(of: pod, in: service) { endpoint["hostname"] = Value(hostname) }
        if endpoint[path: "conditions", "ready"] == true, let hints = hints(service, endpoint) { endpoint["hints"] = hints }
        return endpoint
    }

    /// Whom an endpoint is meant for, by the service's `trafficDistribution`. (k8s.io/endpointslice/trafficdist)
    private func hints(_ service: ServiceView, _ endpoint: Value) -> Value? {
        guard let zone = endpoint["zone"], let distribution = service.object.tree[path: "spec", "trafficDistribution"]?.string else {
            return nil
        }
        let zones: Value = [["name": zone]]
        switch distribution {
        case "PreferClose", "PreferSameZone": return ["forZones": zones]
        case "PreferSameNode":
            guard let node = endpoint["nodeName"] else { return ["forZones": zones] }
            return ["forZones": zones, "forNodes": [["name": node]]]
        default: return nil
        }
    }
}
