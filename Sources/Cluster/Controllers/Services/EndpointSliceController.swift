import ClusterClient
import ClusterObjects

/// Publishes the pods of a service as EndpointSlices: one group of slices for every address family and every way the service's
/// ports resolve, at most 100 endpoints a slice. (k8s.io/endpointslice)
struct EndpointSliceController: Controller {
    let name = "endpoint-slice-controller"

    static let managedBy = "endpointslice.kubernetes.io/managed-by"
    static let managerName = "endpointslice-controller.k8s.io"
    static let serviceName = "kubernetes.io/service-name"
    static let largestSlice = 100

    var watches: [Watched] {
        [
            .primary(.services), ServicePods.watched,
            Watched(.endpointSlices) { old, new, _ in
                guard let slice = new ?? old, slice.labels[Self.managedBy] == Self.managerName,
                    let service = slice.labels[Self.serviceName]
                else { return [] }
                return [ObjectKey(namespace: slice.namespace, name: service)]
            },
            .read(.nodes),
        ]
    }

    /// Endpoints that belong into slices together.
    private struct Group: Hashable {
        var family: String
        /// Compared as elements: a list without any is stored as null.
        var ports: [Value]
    }

    func reconcile(_ request: Reconciliation) -> Decision {
        guard let object = request.cluster.object(.services, request.key), !object.isBeingDeleted else { return .nothing }
        let service = ServiceView(object)
        guard service.type != "ExternalName", service.selector != nil else { return .nothing }
        let existing = request.cluster.objects(.endpointSlices, controlledBy: service.uid)
            .filter { $0.labels[Self.managedBy] == Self.managerName && !$0.isBeingDeleted }
            .sorted { $0.name < $1.name }

        var wanted: [Group: [Value]] = [:]
        var order: [Group] = []
        for pod in ServicePods.selected(by: service, in: request.cluster) {
            for address in ServicePods.addresses(of: pod) {
                let family = address.contains(":") ? "IPv6" : "IPv4"
                guard service.ipFamilies.isEmpty || service.ipFamilies.contains(family) else { continue }
                let group = Group(family: family, ports: ports(of: service, pod))
                if wanted[group] == nil { order.append(group) }
                wanted[group, default: []].append(endpoint(pod, address, service, request.cluster))
            }
        }
        var changes: [Change] = []
        var kept: Set<String> = []
        for group in order {
            var slices = existing.filter { Self.group(of: $0) == group && $0.hasEndpoints }
            if slices.isEmpty {
                slices = Array(
                    existing.filter { $0.tree["addressType"]?.string == group.family && !$0.hasEndpoints && !kept.contains($0.name) }
                        .prefix(1))
            }
            changes += fill(slices, with: wanted[group] ?? [], group, service, &kept)
        }
        // A family without endpoints keeps one empty slice, so that watchers learn of the service.
        for family in service.ipFamilies.isEmpty ? ["IPv4"] : service.ipFamilies where !order.contains(where: { $0.family == family }) {
            let group = Group(family: family, ports: [])
            let spare = existing.filter { $0.tree["addressType"]?.string == family }
            changes += fill(Array(spare.prefix(1)), with: [], group, service, &kept)
            if spare.isEmpty { changes.append(create(group, [], service)) }
        }
        for slice in existing where !kept.contains(slice.name) { changes.append(.delete(.endpointSlices, slice)) }
        return Decision(steps: changes.isEmpty ? [] : [changes])
    }

    // MARK: - Slices

    private static func group(of slice: APIObject) -> Group {
        Group(family: slice.tree["addressType"]?.string ?? "", ports: slice.tree["ports"]?.value.array ?? [])
    }

    /// Leaves endpoints in the slice they are in, fills up with new ones, then makes further slices. Emptied slices are not kept.
    private func fill(
        _ slices: [APIObject], with endpoints: [Value], _ group: Group, _ service: ServiceView, _ kept: inout Set<String>
    ) -> [Change] {
        var byIdentity: [Value: Value] = [:]
        for endpoint in endpoints { byIdentity[Self.identity(endpoint)] = endpoint }
        var contents: [(slice: APIObject, endpoints: [Value])] = slices.map { slice in
            let present = (slice.tree["endpoints"]?.value.array ?? []).compactMap { byIdentity.removeValue(forKey: Self.identity($0)) }
            return (slice, present)
        }
        var rest = endpoints.filter { byIdentity[Self.identity($0)] != nil }
        for index in contents.indices {
            let room = Self.largestSlice - contents[index].endpoints.count
            contents[index].endpoints += rest.prefix(max(0, room))
            rest.removeFirst(min(max(0, room), rest.count))
        }
        var changes: [Change] = []
        for (slice, endpoints) in contents where !endpoints.isEmpty || group.ports.isEmpty {
            kept.insert(slice.name)
            var draft = slice.draft
            draft["endpoints"] = .array(endpoints)
            draft["ports"] = .array(group.ports)
            draft["metadata", default: .emptyObject]["labels"] = Value(labels(service))
            let same =
                (slice.tree["endpoints"]?.value.array ?? []) == endpoints && Self.group(of: slice) == group
                && slice.labels == labels(service)
            if !same { changes.append(.update(.endpointSlices, slice.key, draft)) }
        }
        while !rest.isEmpty {
            changes.append(create(group, Array(rest.prefix(Self.largestSlice)), service))
            rest.removeFirst(min(Self.largestSlice, rest.count))
        }
        return changes
    }

    private static func identity(_ endpoint: Value) -> Value {
        ["uid": endpoint[path: "targetRef", "uid"] ?? .null, "addresses": endpoint["addresses"] ?? .null]
    }

    private func create(_ group: Group, _ endpoints: [Value], _ service: ServiceView) -> Change {
        let slice: Value = [
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": [
                "generateName": Value("\(service.name)-"), "namespace": Value(service.namespace), "labels": Value(labels(service)),
                "ownerReferences": [OwnerReference(controller: service.object, apiVersion: "v1", kind: "Service").value],
            ],
            "addressType": Value(group.family), "endpoints": .array(endpoints), "ports": .array(group.ports),
        ]
        return Change.create(.endpointSlices, namespace: service.namespace, slice).tolerating(\.isNamespaceTerminating)
    }

    private func labels(_ service: ServiceView) -> [String: String] {
        var labels = service.labels
        labels[ServicePods.headlessLabel] = service.isHeadless ? "" : nil
        labels[Self.serviceName] = service.name
        labels[Self.managedBy] = Self.managerName
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
        return endpoint
    }
}

extension APIObject {
    fileprivate var hasEndpoints: Bool { (tree["endpoints"]?.count ?? 0) > 0 }
}
