import ClusterObjects

/// Discovery in one document (`apidiscovery.k8s.io/v2`), which kubectl asks for first.
extension Discovery {
    /// The media type that is asked for by and answered with these documents.
    public static let aggregatedMediaType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

    /// `/api`: the core group.
    public var aggregatedCore: Value { list(served.filter(\.name.isEmpty)) }

    /// `/apis`: every named group.
    public var aggregatedGroups: Value { list(served.filter { !$0.name.isEmpty }) }

    private func list(_ groups: [Group]) -> Value {
        let items = groups.map { group -> Value in
            let versions = group.versions.map { version, resources -> Value in
                ["version": .string(version.version), "resources": .array(resources.map(aggregated)), "freshness": "Current"]
            }
            return ["metadata": group.name.isEmpty ? .emptyObject : ["name": .string(group.name)], "versions": .array(versions)]
        }
        return [
            "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": .emptyObject, "items": .array(items),
        ]
    }

    private func aggregated(_ resource: Resource) -> Value {
        var entry: Value = [
            "resource": .string(resource.plural), "responseKind": kind(resource.gvk, in: resource),
            "scope": resource.isNamespaced ? "Namespaced" : "Cluster", "singularResource": .string(resource.singular),
            "verbs": Value(resource.verbs),
        ]
        if !resource.shortNames.isEmpty { entry["shortNames"] = Value(resource.shortNames) }
        if !resource.categories.isEmpty { entry["categories"] = Value(resource.categories) }
        let parts = resource.subresources.sorted { $0.name < $1.name }.map { part -> Value in
            ["subresource": .string(part.name), "responseKind": kind(part.gvk, in: resource), "verbs": Value(part.verbs)]
        }
        if !parts.isEmpty { entry["subresources"] = .array(parts) }
        return entry
    }

    /// Built-in kinds leave out the group and version that the document's place says.
    private func kind(_ gvk: GroupVersionKind, in resource: Resource) -> Value {
        let isImplied = !resource.isCustom && gvk.groupVersion == resource.gvk.groupVersion
        return [
            "group": .string(isImplied ? "" : gvk.group), "version": .string(isImplied ? "" : gvk.version), "kind": .string(gvk.kind),
        ]
    }
}
