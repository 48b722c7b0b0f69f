import ClusterClient
import ClusterObjects

/// Publishes the pods of a service as the older Endpoints object. (k8s.io/kubernetes/pkg/controller/endpoint)
struct EndpointsController: Controller {
    let name = "endpoint-controller"

    static let managedBy = "endpoints.kubernetes.io/managed-by"
    static let managerName = "endpoint-controller"

    var watches: [Watched] {
        [
            .primary(.services), ServicePods.watched,
            Watched(.endpoints) { old, new, cluster in
                guard let object = new ?? old, object.labels[Self.managedBy] == Self.managerName || new == nil else { return [] }
                return [object.key]
            },
        ]
    }

    func reconcile(_ request: Reconciliation) -> Decision {
        let existing = request.cluster.object(.endpoints, request.key)
        guard let object = request.cluster.object(.services, request.key) else {
            guard let existing, existing.labels[Self.managedBy] == Self.managerName else { return .nothing }
            return Decision(steps: [[.delete(.endpoints, existing)]])
        }
        let service = ServiceView(object)
        guard service.type != "ExternalName", service.selector != nil, !object.isBeingDeleted else { return .nothing }
        let subsets = subsets(of: service, in: request.cluster)
        var labels = service.labels
        labels[ServicePods.headlessLabel] = service.isHeadless ? "" : nil
        labels[Self.managedBy] = Self.managerName

        guard let existing else {
            let new: Value = [
                "apiVersion": "v1", "kind": "Endpoints",
                "metadata": ["name": Value(service.name), "namespace": Value(service.namespace), "labels": Value(labels)],
                "subsets": .array(subsets),
            ]
            let change = Change.create(.endpoints, namespace: service.namespace, new).tolerating(\.isNamespaceTerminating)
            return Decision(steps: [[change]])
        }
        guard (existing.tree["subsets"]?.value.array ?? []) != subsets || existing.labels != labels else { return .nothing }
        var draft = existing.draft
        draft["subsets"] = .array(subsets)
        draft["metadata", default: .emptyObject]["labels"] = Value(labels)
        return Decision(steps: [[.update(.endpoints, existing.key, draft)]])
    }

    private struct Address {
        var value: Value
        var isReady: Bool
        var ports: [Value]
    }

    /// Addresses with the same ports share a subset; both sorted, so that the same pods give the same object.
    private func subsets(of service: ServiceView, in cluster: any ClusterView) -> [Value] {
        let family = service.ipFamilies.first ?? "IPv4"
        let addresses: [Address] = ServicePods.selected(by: service, in: cluster).compactMap { pod in
            guard !pod.isBeingDeleted || service.publishesNotReady,
                let ip = ServicePods.addresses(of: pod).first(where: { $0.contains(":") == (family == "IPv6") })
            else { return nil }
            var address: Value = ["ip": Value(ip), "targetRef": ServicePods.reference(pod)]
            if !pod.nodeName.isEmpty { address["nodeName"] = Value(pod.nodeName) }
            if let hostname = ServicePods.hostname(of: pod, in: service) { address["hostname"] = Value(hostname) }
            let ports: [Value] = service.ports.compactMap { port in
                guard let number = ServicePods.targetPort(port, of: pod) else { return nil }
                var result: Value = ["port": Value(number), "protocol": Value(port["protocol"]?.string ?? "TCP")]
                if let name = port["name"]?.string, !name.isEmpty { result["name"] = Value(name) }
                if let application = port["appProtocol"]?.string { result["appProtocol"] = Value(application) }
                return result
            }
            // A pod that resolves none of the ports has nothing to offer.
            guard !ports.isEmpty || service.ports.isEmpty else { return nil }
            return Address(value: address, isReady: service.publishesNotReady || pod.isReady, ports: ports)
        }
        var groups: [[Value]: [Address]] = [:]
        for address in addresses { groups[address.ports, default: []].append(address) }
        return groups.sorted { Value.array($0.key).jsonText < Value.array($1.key).jsonText }.map { ports, addresses in
            let sorted = addresses.sorted { ($0.value["ip"]?.string ?? "") < ($1.value["ip"]?.string ?? "") }
            var subset = Value.emptyObject
            let ready = sorted.filter(\.isReady).map(\.value)
            let notReady = sorted.filter { !$0.isReady }.map(\.value)
            if !ready.isEmpty { subset["addresses"] = .array(ready) }
            if !notReady.isEmpty { subset["notReadyAddresses"] = .array(notReady) }
            if !ports.isEmpty { subset["ports"] = .array(ports) }
            return subset
        }
    }
}
