import ClusterObjects

/// Translates managedFields between an object and its `scale` subresource: who manages the replicas.
/// Source: k8s.io/apimachinery/pkg/util/managedfields, ScaleHandler.
public enum ScaleFields {
    private static let inScale = ["spec", "replicas"]

    /// The managedFields of the Scale of an object: everyone who manages its replicas; nil when nobody does.
    public static func scale(_ managedFields: Value?, resource: Resource) -> Value? {
        let path = path(resource)
        var result = ManagedFields()
        for entry in ManagedFields(managedFields?.array ?? [])?.entries ?? [] where entry.fields.contains(path) {
            var entry = entry
            entry.fields = FieldSet(path: inScale)
            entry.apiVersion = "autoscaling/v1"
            result.entries.append(entry)
        }
        return result.value
    }

    /// The managedFields of the object after its Scale was written.
    /// - Parameters:
    ///   - managedFields: of the object before.
    ///   - scale: of the written Scale.
    public static func parent(_ managedFields: Value?, scale: Value?, resource: Resource) -> Value? {
        let path = path(resource)
        let parent = ManagedFields(managedFields?.array ?? []) ?? ManagedFields()
        var written = (ManagedFields(scale?.array ?? []) ?? ManagedFields()).entries
        var result = ManagedFields()
        for entry in parent.entries {
            var entry = entry
            if entry.fields.contains(path) {
                if let index = written.firstIndex(where: { isSame($0.identity, entry.identity) }) {
                    written.remove(at: index)
                } else {
                    entry.fields = entry.fields.subtracting(FieldSet(path: path))
                }
            }
            if !entry.fields.isEmpty { result.entries.append(entry) }
        }
        for entry in written where entry.fields.contains(inScale) {
            var identity = entry.identity
            if identity.operation == .update { identity.apiVersion = resource.apiVersion }
            if let index = result.index(of: identity) {
                result.entries[index].fields = result.entries[index].fields.union(FieldSet(path: path))
                continue
            }
            let time = parent.index(of: identity).flatMap { parent.entries[$0].time }
            result.entries.append(
                ManagedFields.Entry(identity: identity, apiVersion: resource.apiVersion, fields: FieldSet(path: path), time: time))
        }
        return result.value
    }

    /// A Scale's entries keep the identity they have in the object, so that one can be found from the other.
    private static func isSame(_ left: ManagedFields.Identity, _ right: ManagedFields.Identity) -> Bool {
        left.manager == right.manager && left.operation == right.operation && left.subresource == right.subresource
    }

    private static func path(_ resource: Resource) -> [String] {
        let path = resource.subresource("scale")?.specReplicasPath ?? ""
        let steps = path.split(separator: ".").map(String.init)
        return steps.isEmpty ? inScale : steps
    }
}
