import ClusterObjects

/// The discovery documents, made from the registry: which groups, versions and resources are served.
public struct Discovery: Sendable {
    private let resources: [Resource]

    public init(_ registry: Registry) { resources = registry.all }

    /// `/api`.
    public var coreVersions: Value { ["kind": "APIVersions", "versions": ["v1"]] }

    /// `/apis`: every named group, in name order.
    public var groups: Value {
        var names: [String] = []
        for resource in resources where !resource.group.isEmpty && names.last != resource.group { names.append(resource.group) }
        return ["kind": "APIGroupList", "apiVersion": "v1", "groups": .array(names.map(entry))]
    }

    /// `/apis/GROUP`; nil when nothing of the group is served.
    public func group(_ name: String) -> Value? {
        guard !name.isEmpty, resources.contains(where: { $0.group == name }) else { return nil }
        var group = entry(name)
        group["kind"] = "APIGroup"
        group["apiVersion"] = "v1"
        return group
    }

    /// `/api/v1` and `/apis/GROUP/VERSION`; nil when nothing of the version is served.
    public func resources(of version: GroupVersion) -> Value? {
        let served = resources.filter { $0.gvk.groupVersion == version }
        if served.isEmpty { return nil }
        return [
            "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": .string(version.description),
            "resources": .array(served.flatMap(rows)),
        ]
    }

    private func entry(_ group: String) -> Value {
        var versions: [String] = []
        for resource in resources where resource.group == group && versions.last != resource.version {
            versions.append(resource.version)
        }
        // Of built-in groups the newest version is preferred; names of equal stability sort alike.
        let listed: [Value] = versions.reversed().map {
            ["groupVersion": .string("\(group)/\($0)"), "version": .string($0)]
        }
        return ["name": .string(group), "versions": .array(listed), "preferredVersion": listed.first ?? .emptyObject]
    }

    private func rows(_ resource: Resource) -> [Value] {
        var row: Value = [
            "name": .string(resource.plural), "singularName": .string(resource.singular),
            "namespaced": .bool(resource.isNamespaced), "kind": .string(resource.kind), "verbs": Value(resource.verbs),
        ]
        if !resource.shortNames.isEmpty { row["shortNames"] = Value(resource.shortNames) }
        if !resource.categories.isEmpty { row["categories"] = Value(resource.categories) }
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
