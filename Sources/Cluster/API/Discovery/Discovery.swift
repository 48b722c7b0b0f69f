import ClusterObjects

/// The discovery documents, made from the registry: which groups, versions and resources are served.
public struct Discovery: Sendable {
    /// One group: its versions in the order listed, each with its resources in name order.
    struct Group: Sendable {
        var name: String
        var versions: [(version: GroupVersion, resources: [Resource])]
    }

    let served: [Group]

    public init(_ registry: Registry) {
        var groups: [String: [GroupVersion: [Resource]]] = [:]
        for resource in registry.all { groups[resource.group, default: [:]][resource.gvk.groupVersion, default: []].append(resource) }
        served = groups.sorted { GroupOrder.precedes($0.key, $1.key) }.map { name, versions in
            let sorted = versions.sorted { GroupOrder.versionPrecedes($0.key.version, $1.key.version) }
            return Group(name: name, versions: sorted.map { ($0.key, $0.value) })
        }
    }

    /// `/api`.
    public var coreVersions: Value { ["kind": "APIVersions", "versions": ["v1"]] }

    /// `/apis`: every named group, in order of rank.
    public var groups: Value {
        ["kind": "APIGroupList", "apiVersion": "v1", "groups": .array(served.filter { !$0.name.isEmpty }.map(entry))]
    }

    /// `/apis/GROUP`; nil when nothing of the group is served.
    public func group(_ name: String) -> Value? {
        guard !name.isEmpty, let found = served.first(where: { $0.name == name }) else { return nil }
        var group = entry(found)
        group["kind"] = "APIGroup"
        group["apiVersion"] = "v1"
        return group
    }

    /// `/api/v1` and `/apis/GROUP/VERSION`; nil when nothing of the version is served.
    public func resources(of version: GroupVersion) -> Value? {
        let group = served.first { $0.name == version.group }
        guard let resources = group?.versions.first(where: { $0.version == version })?.resources else { return nil }
        var list: Value = [
            "kind": "APIResourceList", "groupVersion": .string(version.description), "resources": .array(resources.flatMap(rows)),
        ]
        // The core document is older than the rule that objects name their version.
        if !version.group.isEmpty { list["apiVersion"] = "v1" }
        return list
    }

    private func entry(_ group: Group) -> Value {
        let listed: [Value] = group.versions.map {
            ["groupVersion": .string($0.version.description), "version": .string($0.version.version)]
        }
        return ["name": .string(group.name), "versions": .array(listed), "preferredVersion": listed.first ?? .emptyObject]
    }

    private func rows(_ resource: Resource) -> [Value] {
        var row: Value = [
            "name": .string(resource.plural), "singularName": .string(resource.singular),
            "namespaced": .bool(resource.isNamespaced), "kind": .string(resource.kind), "verbs": Value(resource.verbs),
        ]
        if !resource.shortNames.isEmpty { row["shortNames"] = Value(resource.shortNames) }
        if !resource.categories.isEmpty { row["categories"] = Value(resource.categories) }
        if let hash = StorageVersion.hash(resource) { row["storageVersionHash"] = .string(hash) }
        let parts = resource.subresources.sorted { $0.name < $1.name }.map { part -> Value in
            var row: Value = [
                "name": .string("\(resource.plural)/\(part.name)"), "singularName": "",
                "namespaced": .bool(resource.isNamespaced), "kind": .string(part.gvk.kind), "verbs": Value(part.verbs),
            ]
            if part.gvk.groupVersion != resource.gvk.groupVersion {
                if !part.gvk.group.isEmpty { row["group"] = .string(part.gvk.group) }
                row["version"] = .string(part.gvk.version)
            }
            return row
        }
        return [row] + parts
    }
}
