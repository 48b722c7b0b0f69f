import ClusterClient
import ClusterObjects

/// Endpoints, grouped as they share slices: by address family and ports.
struct EndpointSliceContents {
    struct Group: Hashable {
        var family: String
        /// Compared as elements: a list without any is stored as null.
        var ports: [Value]
    }

    fileprivate(set) var endpoints: [Group: [Value]] = [:]
    /// The groups as they came.
    fileprivate(set) var order: [Group] = []

    mutating func add(_ endpoint: Value, family: String, ports: [Value]) {
        let group = Group(family: family, ports: ports)
        if endpoints[group] == nil { order.append(group) }
        endpoints[group, default: []].append(endpoint)
    }
}

/// The EndpointSlices of one owner, at most 100 endpoints a slice: endpoints stay in the slice they are in, slices that nothing is left
/// of go. (k8s.io/endpointslice)
struct EndpointSlicePublication {
    static let managedBy = "endpointslice.kubernetes.io/managed-by"
    static let serviceName = "kubernetes.io/service-name"
    static let largestSlice = 100

    /// What the slices belong to.
    let owner: APIObject
    let ownerKind: String
    /// Of every slice; they name who manages it, too.
    let labels: [String: String]
    var annotations: [String: String] = [:]
    /// Families that keep one empty slice when they have no endpoints, so that watchers learn of the service.
    var emptyFamilies: [String] = []

    /// Slices of a manager concern the service they name.
    static func watched(managedBy manager: String) -> Watched {
        Watched(.endpointSlices) { old, new, _ in
            guard let slice = new ?? old, slice.labels[managedBy] == manager, let service = slice.labels[serviceName] else { return [] }
            return [ObjectKey(namespace: slice.namespace, name: service)]
        }
    }

    /// The slices of an owner that a manager made, by name.
    static func slices(of owner: APIObject, managedBy manager: String, in cluster: any ClusterView) -> [APIObject] {
        cluster.objects(.endpointSlices, controlledBy: owner.uid)
            .filter { $0.labels[managedBy] == manager && !$0.isBeingDeleted }
            .sorted { $0.name < $1.name }
    }

    /// What makes the slices hold the contents and nothing else.
    func decision(_ contents: EndpointSliceContents, in cluster: any ClusterView) -> Decision {
        let existing = Self.slices(of: owner, managedBy: labels[Self.managedBy] ?? "", in: cluster)
        var changes: [Change] = []
        var kept: Set<String> = []
        for group in contents.order {
            var slices = existing.filter { Self.group(of: $0) == group && $0.hasEndpoints }
            if slices.isEmpty {
                slices = Array(
                    existing.filter { $0.tree["addressType"]?.string == group.family && !$0.hasEndpoints && !kept.contains($0.name) }
                        .prefix(1))
            }
            changes += fill(slices, with: contents.endpoints[group] ?? [], group, &kept)
        }
        for family in emptyFamilies where !contents.order.contains(where: { $0.family == family }) {
            let group = EndpointSliceContents.Group(family: family, ports: [])
            let spare = existing.filter { $0.tree["addressType"]?.string == family }
            changes += fill(Array(spare.prefix(1)), with: [], group, &kept)
            if spare.isEmpty { changes.append(create(group, [])) }
        }
        for slice in existing where !kept.contains(slice.name) { changes.append(.delete(.endpointSlices, slice)) }
        return Decision(steps: changes.isEmpty ? [] : [changes])
    }

    private static func group(of slice: APIObject) -> EndpointSliceContents.Group {
        .init(family: slice.tree["addressType"]?.string ?? "", ports: slice.tree["ports"]?.value.array ?? [])
    }

    /// Leaves endpoints in the slice they are in, fills up with new ones, then makes further slices. Emptied slices are not kept.
    private func fill(
        _ slices: [APIObject], with endpoints: [Value], _ group: EndpointSliceContents.Group, _ kept: inout Set<String>
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
            let same =
                (slice.tree["endpoints"]?.value.array ?? []) == endpoints && Self.group(of: slice) == group && slice.labels == labels
                && slice.annotations == annotations
            if same { continue }
            var draft = slice.draft
            draft["endpoints"] = .array(endpoints)
            draft["ports"] = .array(group.ports)
            draft["metadata", default: .emptyObject]["labels"] = Value(labels)
            draft["metadata", default: .emptyObject]["annotations"] = annotations.isEmpty ? nil : Value(annotations)
            changes.append(.update(.endpointSlices, slice.key, draft))
        }
        while !rest.isEmpty {
            changes.append(create(group, Array(rest.prefix(Self.largestSlice))))
            rest.removeFirst(min(Self.largestSlice, rest.count))
        }
        return changes
    }

    private static func identity(_ endpoint: Value) -> Value {
        ["uid": endpoint[path: "targetRef", "uid"] ?? .null, "addresses": endpoint["addresses"] ?? .null]
    }

    private func create(_ group: EndpointSliceContents.Group, _ endpoints: [Value]) -> Change {
        var metadata: Value = [
            "generateName": Value("\(owner.name)-"), "namespace": Value(owner.namespace), "labels": Value(labels),
            "ownerReferences": [OwnerReference(controller: owner, apiVersion: "v1", kind: ownerKind).value],
        ]
        if !annotations.isEmpty { metadata["annotations"] = Value(annotations) }
        let slice: Value = [
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": metadata,
            "addressType": Value(group.family), "endpoints": .array(endpoints), "ports": .array(group.ports),
        ]
        return Change.create(.endpointSlices, namespace: owner.namespace, slice).tolerating(\.isNamespaceTerminating)
    }
}

extension APIObject {
    fileprivate var hasEndpoints: Bool { (tree["endpoints"]?.count ?? 0) > 0 }
}
