import ClusterObjects

extension Resource {
    /// Every built-in kind: its names from the embedded facts, its rules from its file in Kinds.
    public static let builtIn: [Resource] = {
        var resources: [Resource] = []
        var subresources: [(owner: String, groupVersion: GroupVersion, Subresource)] = []
        let columns = Facts.tables
        for facts in Facts.resources.elements {
            guard let groupVersion = facts["groupVersion"]?.string.flatMap({ GroupVersion(apiVersion: $0) }),
                let name = facts["name"]?.string, let kind = facts["kind"]?.string
            else { continue }
            let gvk = GroupVersionKind(
                facts["group"]?.string ?? groupVersion.group, facts["version"]?.string ?? groupVersion.version, kind)
            let verbs = facts["verbs"]?.strings ?? []
            let parts = name.split(separator: "/", maxSplits: 1)
            if parts.count == 2 {
                subresources.append((String(parts[0]), groupVersion, Subresource(name: String(parts[1]), gvk: gvk, verbs: verbs)))
                continue
            }
            resources.append(
                Resource(
                    group: groupVersion.group, version: groupVersion.version, kind: kind, plural: name,
                    singular: facts["singularName"]?.string ?? kind.lowercased(), shortNames: facts["shortNames"]?.strings ?? [],
                    categories: facts["categories"]?.strings ?? [], isNamespaced: facts["namespaced"]?.bool ?? false, verbs: verbs,
                    schema: BuiltInSchemas.schema(of: gvk) ?? .any,
                    columns: columns.elements("\(groupVersion)/\(name)").map(TableColumn.init(facts:))))
        }
        for index in resources.indices {
            let resource = resources[index]
            resources[index].subresources = subresources.filter {
                $0.owner == resource.plural && $0.groupVersion == resource.gvk.groupVersion
            }.map(\.2)
            Kinds.complete(&resources[index])
            VersionConversion.complete(&resources[index])
        }
        return resources
    }()
}

extension BuiltInSchemas {
    private static let byKind: [GroupVersionKind: Int] = {
        var result: [GroupVersionKind: Int] = [:]
        for index in all.names.values {
            // Options such as DeleteOptions are listed under every group; what is of one kind has one entry.
            for gvk in all.nodes[index].groupVersionKinds { result[gvk] = index }
        }
        return result
    }()

    /// The schema of a built-in kind, also of ones that are no resource (`v1, Kind=DeleteOptions`).
    public static func schema(of gvk: GroupVersionKind) -> Schema? { byKind[gvk].map { Schema(types: all, index: $0) } }
}

extension TableColumn {
    init(facts: Tree) {
        self.init(
            name: facts["name"]?.string ?? "", type: facts["type"]?.string ?? "string", format: facts["format"]?.string ?? "",
            priority: facts["priority"]?.int ?? 0, description: facts["description"]?.string ?? "")
    }
}
