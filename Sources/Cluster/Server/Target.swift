import ClusterAPI

/// Which object a request is about.
struct Target: Sendable {
    var resource: Resource
    /// Empty for what is cluster-scoped, and for all namespaces.
    var namespace: String
    /// Empty for a collection.
    var name: String
    /// Empty for the object itself.
    var subresource: String

    init(_ resource: Resource, namespace: String, name: String, subresource: String = "") {
        self.resource = resource
        self.namespace = namespace
        self.name = name
        self.subresource = subresource
    }

    var path: String { namespace.isEmpty ? name : "\(namespace)/\(name)" }
}
