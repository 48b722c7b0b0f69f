import ClusterAPI
import ClusterObjects

/// The kinds a commit may use: what the cluster serves, and what the commit's own CustomResourceDefinitions add.
struct KnownKinds {
    struct Kind {
        var resource: GroupVersionResource
        var isNamespaced: Bool
        var schema: Schema
    }

    /// What tells apart two sets of kinds: equal ones find the same in the same manifest.
    struct Version: Hashable {
        fileprivate var registry: Int
        fileprivate var custom: [GroupVersionKind: CustomKind] = [:]
    }

    fileprivate struct CustomKind: Hashable {
        var resource: GroupVersionResource
        var isNamespaced: Bool
    }

    private let registry: Registry
    private(set) var version: Version

    /// - Parameter definitions: the commit's CustomResourceDefinitions.
    init(registry: Registry, definitions: some Sequence<Value>) {
        self.registry = registry
        version = Version(registry: registry.generation)
        for definition in definitions {
            guard let spec = definition["spec"], let group = spec["group"]?.string, let kind = spec[path: "names", "kind"]?.string,
                let plural = spec[path: "names", "plural"]?.string
            else { continue }
            for version in spec["versions"]?.array ?? [] {
                guard let name = version["name"]?.string else { continue }
                self.version.custom[GroupVersionKind(group, name, kind)] = CustomKind(
                    resource: GroupVersionResource(group, name, plural), isNamespaced: spec["scope"]?.string != "Cluster")
            }
        }
    }

    subscript(gvk: GroupVersionKind) -> Kind? {
        if let resource = registry.resource(gvk) {
            return Kind(resource: resource.gvr, isNamespaced: resource.isNamespaced, schema: resource.schema)
        }
        return version.custom[gvk].map { Kind(resource: $0.resource, isNamespaced: $0.isNamespaced, schema: .any) }
    }

    /// Whether a document defines kinds.
    static func isDefinition(_ document: Value) -> Bool { document["kind"]?.string == "CustomResourceDefinition" }

    /// What someone who wrote an unknown kind may have meant: the kind under another version, or the nearest name.
    func suggestion(for gvk: GroupVersionKind) -> String? {
        if gvk.group == "kustomize.config.k8s.io" {
            return "commit what kubectl kustomize prints, and name this file in \(IgnoreRules.fileName)"
        }
        let all = registry.all.map(\.gvk) + version.custom.keys
        if let other = all.first(where: { $0.kind == gvk.kind }) { return "\(other.kind) is in \(other.apiVersion)" }
        guard let near = NearestName.of(gvk.kind, among: all.map(\.kind)) else { return nil }
        return "did you mean \(near)?"
    }
}
