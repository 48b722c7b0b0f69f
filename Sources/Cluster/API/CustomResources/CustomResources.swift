import ClusterObjects

/// Makes the resources that a CustomResourceDefinition stands for.
public enum CustomResources {
    /// One resource for each served version of a definition, with the names that were accepted (before: those it asks for).
    public static func resources(of definition: CustomResourceDefinition) -> [Resource] {
        let accepted = definition.value[path: "status", "acceptedNames"]
        let names = accepted?["kind"]?.string?.isEmpty == false ? accepted ?? definition.names : definition.names
        let kind = names["kind"]?.string ?? ""
        let storage = definition.storageVersion ?? ""
        let stored = definition.versions.last(where: \.isStorage)
        return definition.versions.filter(\.isServed).map { version in
            var resource = Resource(
                group: definition.group, version: version.name, kind: kind, plural: definition.plural,
                singular: names["singular"]?.string ?? kind.lowercased(), shortNames: names["shortNames"]?.strings ?? [],
                categories: names["categories"]?.strings ?? [], isNamespaced: definition.scope == "Namespaced",
                verbs: ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"],
                schema: CustomSchema.schema(of: version.openAPISchema ?? ["x-kubernetes-preserve-unknown-fields": true]),
                columns: columns(version), selectableFields: version.selectableFields.map(withoutDot), isCustom: true)
            if version.name != storage {
                resource.storedAs = GroupVersionResource(definition.group, storage, definition.plural)
                resource.storedSchema = stored?.openAPISchema.map(CustomSchema.schema)
            }
            let verbs = ["get", "patch", "update"]
            if version.hasStatus { resource.subresources.append(Subresource(name: "status", gvk: resource.gvk, verbs: verbs)) }
            if let scale = version.scale {
                var subresource = Subresource(name: "scale", gvk: GroupVersionKind("autoscaling", "v1", "Scale"), verbs: verbs)
                subresource.specReplicasPath = withoutDot(scale["specReplicasPath"]?.string ?? "")
                subresource.statusReplicasPath = withoutDot(scale["statusReplicasPath"]?.string ?? "")
                subresource.labelSelectorPath = withoutDot(scale["labelSelectorPath"]?.string ?? "")
                resource.subresources.append(subresource)
            }
            resource.rules = rules(version)
            return resource
        }
    }

    private static func withoutDot(_ path: String) -> String { path.hasPrefix(".") ? String(path.dropFirst()) : path }

    private static func columns(_ version: CustomResourceDefinition.Version) -> [TableColumn] {
        let name = TableColumn(name: "Name", type: "string", format: "name", jsonPath: ".metadata.name")
        if version.columns.isEmpty {
            let path = ".metadata.creationTimestamp"
            return [name, TableColumn(name: "Age", type: "date", jsonPath: path, description: TableColumn.ofCreation)]
        }
        return [name]
            + version.columns.map {
                TableColumn(
                    name: $0["name"]?.string ?? "", type: $0["type"]?.string ?? "string", format: $0["format"]?.string ?? "",
                    priority: $0["priority"]?.int ?? 0, jsonPath: $0["jsonPath"]?.string ?? "",
                    description: $0["description"]?.string ?? "")
            }
    }

    /// How objects of a version are kept (the strategy of custom resources in apiextensions-apiserver).
    private static func rules(_ version: CustomResourceDefinition.Version) -> ResourceRules {
        var rules = ResourceRules()
        let hasStatus = version.hasStatus
        rules.hasStatus = hasStatus
        rules.hasGeneration = true
        rules.allowsUnconditionalUpdate = false
        rules.prepareForCreate = { object in
            if hasStatus { object["status"] = nil }
        }
        rules.prepareForUpdate = { new, old, subresource in
            if subresource == "status" {
                let (status, managed) = (new["status"], new[path: "metadata", "managedFields"])
                let version = new[path: "metadata", "resourceVersion"]
                new = old
                new["status"] = status
                new["metadata", default: .emptyObject]["managedFields"] = managed
                new["metadata", default: .emptyObject]["resourceVersion"] = version
            } else if hasStatus {
                new["status"] = old["status"]
            }
        }
        let openAPI = version.openAPISchema ?? .emptyObject
        let scale = version.scale.map(CustomScaleRules.init)
        rules.validate = { new in CustomValueRules.problems(of: new, openAPI) + (scale?.problems(of: new) ?? []) }
        rules.validateUpdate = { new, _, subresource in
            if subresource == "status" {
                let status = new["status"].map { CustomValueRules.problems(ofStatus: $0, openAPI) } ?? []
                return status + (scale?.statusProblems(of: new) ?? [])
            }
            return CustomValueRules.problems(of: new, openAPI) + (scale?.problems(of: new) ?? [])
        }
        if version.value["deprecated"]?.bool == true {
            let text = version.value["deprecationWarning"]?.string
            rules.warnings = { new, _ in
                [text ?? "\(new["apiVersion"]?.string ?? "") \(new["kind"]?.string ?? "") is deprecated"]
            }
        }
        return rules
    }
}
