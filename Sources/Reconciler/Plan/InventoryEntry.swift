import ClusterObjects
import ManifestLoader

/// Names an object that the reconciler applied: `apps/v1/deployments/Deployment/shop/web`, with nothing before the
/// first slash for the core group and nothing between the last two for what stands in no namespace.
public struct InventoryEntry: Sendable, Hashable, CustomStringConvertible {
    public var resource: GroupVersionResource
    public var id: ObjectID

    public init(resource: GroupVersionResource, id: ObjectID) {
        self.resource = resource
        self.id = id
    }

    public init(_ object: LoadedObject) { self.init(resource: object.resource, id: object.id) }

    public init?(_ text: String) { self.init(text.split(separator: "/", omittingEmptySubsequences: false)[...]) }

    /// Reads what stands between the slashes.
    init?(_ parts: ArraySlice<Substring>) {
        let parts = parts.map(String.init)
        guard parts.count == 6, !parts[1].isEmpty, !parts[2].isEmpty, !parts[3].isEmpty, !parts[5].isEmpty else { return nil }
        resource = GroupVersionResource(parts[0], parts[1], parts[2])
        id = ObjectID(group: parts[0], kind: parts[3], namespace: parts[4], name: parts[5])
    }

    public var description: String {
        [resource.group, resource.version, resource.resource, id.kind, id.namespace, id.name].joined(separator: "/")
    }

    public var namespace: String? { id.namespace.isEmpty ? nil : id.namespace }
}
