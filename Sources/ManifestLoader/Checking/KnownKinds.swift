import ClusterAPI
import ClusterObjects

/// The kinds a commit may use: what the cluster serves, and what the commit's own CustomResourceDefinitions add.
struct KnownKinds {
    struct Kind {
        var resource: GroupVersionResource
        var isNamespaced: Bool
        var schema: Schema
    }

    private let registry: Registry
    private var custom: [GroupVersionKind: Kind] = [:]

    init(registry: Registry, documents: some Sequence<Value>) {
        self.registry = registry
        for definition in documents where definition["kind"]?.string == "CustomResourceDefinition" {
            guard let spec = definition["spec"], let group = spec["group"]?.string, let kind = spec[path: "names", "kind"]?.string,
                let plural = spec[path: "names", "plural"]?.string
            else { continue }
            for version in spec["versions"]?.array ?? [] {
                guard let name = version["name"]?.string else { continue }
                custom[GroupVersionKind(group, name, kind)] = Kind(
                    resource: GroupVersionResource(group, name, plural), isNamespaced: spec["scope"]?.string != "Cluster", schema: .any)
            }
        }
    }

    subscript(gvk: GroupVersionKind) -> Kind? {
        if let resource = registry.resource(gvk) {
            return Kind(resource: resource.gvr, isNamespaced: resource.isNamespaced, schema: resource.schema)
        }
        return custom[gvk]
    }

    /// What someone who wrote an unknown kind may have meant: the kind under another version, or the nearest name.
    func suggestion(for gvk: GroupVersionKind) -> String? {
        let all = registry.all.map(\.gvk) + custom.keys
        if let other = all.first(where: { $0.kind == gvk.kind }) { return "\(other.kind) is in \(other.apiVersion)" }
        guard let near = NearestName.of(gvk.kind, among: all.map(\.kind)) else { return nil }
        return "did you mean \(near)?"
    }
}
