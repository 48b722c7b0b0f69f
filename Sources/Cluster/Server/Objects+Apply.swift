import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterStore

extension APIServer {
    /// Server-side apply: makes the object when it is absent, else merges what is applied into it by the schema's list keys.
    func apply(_ target: Target, _ patch: Patch, _ context: RequestContext) async throws(APIError) -> WriteResult {
        let resource = target.resource
        guard !context.options.fieldManager.isEmpty else {
            throw .invalid(
                group: "meta.k8s.io", kind: "PatchOptions", name: "",
                [.required(FieldPath("fieldManager"), "is required for apply patch")])
        }
        var body = patch.body
        if let name = body[path: "metadata", "name"]?.string, name != target.name {
            throw .badRequest("metadata.name must match the name in the request URL")
        }
        body[path: "metadata", "name"] = .string(target.name)
        if body[path: "metadata", "managedFields"]?.isNull == false {
            throw .badRequest("metadata.managedFields must be nil")
        }
        let decoded = try decode(body.tree, target, context)
        guard store.get(collection(resource), target.path) != nil else {
            guard target.subresource.isEmpty else { throw .notFound(resource.groupResource, target.name) }
            return try await create(decoded, target, context)
        }
        return try await mutate(target, context) { old, _ throws(APIError) in
            var merged = try StrategicMerge.apply(decoded, to: old, schema: resource.schema)
            merged[path: "metadata", "resourceVersion"] = decoded[path: "metadata", "resourceVersion"]
            return merged
        }
    }
}
