import ClusterObjects

/// The names of types in OpenAPI documents: Go packages reversed for built-in ones, groups reversed for custom ones.
enum DefinitionNames {
    /// `io.k8s.api.apps.v1.Deployment` of `apps.v1.Deployment`.
    static func builtIn(_ type: String) -> String {
        if machinery.contains(where: type.hasPrefix) {
            return type.hasPrefix("meta.") ? "io.k8s.apimachinery.pkg.apis.\(type)" : "io.k8s.apimachinery.pkg.\(type)"
        }
        if type.hasPrefix("apiextensions.") { return "io.k8s.apiextensions-apiserver.pkg.apis.\(type)" }
        if type.hasPrefix("apiregistration.") { return "io.k8s.kube-aggregator.pkg.apis.\(type)" }
        return "io.k8s.api.\(type)"
    }

    private static let machinery = ["meta.", "api.resource.", "runtime.", "util.intstr.", "version."]

    /// `com.example.v1.Widget` of a kind of `example.com`.
    static func custom(_ gvk: GroupVersionKind) -> String {
        let group = gvk.group.split(separator: ".").reversed().joined(separator: ".")
        return "\(group).\(gvk.version).\(gvk.kind)"
    }
}

/// The two forms of the documents.
enum OpenAPIDialect: Sendable {
    case v2, v3

    func reference(_ name: String) -> Value {
        ["$ref": .string((self == .v2 ? "#/definitions/" : "#/components/schemas/") + name)]
    }
}
