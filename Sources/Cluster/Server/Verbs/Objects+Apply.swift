import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterStore

extension APIServer {
    /// Server-side apply: makes the object when it is absent, else merges into it what is applied.
    func apply(_ target: Target, _ patch: Patch, _ context: RequestContext) async throws(APIError) -> WriteResult {
        let resource = target.resource
        guard !context.options.fieldManager.isEmpty else {
            throw .invalid(
                group: "meta.k8s.io", kind: "PatchOptions", name: "",
                [.required(FieldPath("fieldManager"), "is required for apply patch")])
        }
        let body = patch.body
        if let name = body[path: "metadata", "name"]?.string, name != target.name {
            throw .badRequest("the name of the object (\(name)) does not match the name on the URL (\(target.name))")
        }
        try checkRepeatedKeys(patch, context)
        if target.subresource.isEmpty, store.get(collection(resource), target.path) == nil {
            try authorize(AccessRequest(context.user, "create", target))
            let applied = try fieldManager(target).apply(
                body, live: nil, manager: context.fieldManager, force: context.options.force, now: context.now.wholeSeconds)
            let decoded = try decode(applied.tree, target, context)
            try Metadata.checkRequest(decoded, target, isCreate: false)
            if let uid = decoded[path: "metadata", "uid"]?.string, !uid.isEmpty {
                throw .conflict(
                    resource.groupResource, target.name,
                    "uid mismatch: the provided object specified uid \(uid), and no existing object was found")
            }
            return try await create(decoded, target, context, tracks: false)
        }
        return try await mutate(target, context, tracks: false) { old, _ throws(APIError) in
            let applied = try self.fieldManager(target).apply(
                body, live: old, manager: context.fieldManager, force: context.options.force, now: context.now.wholeSeconds)
            // What is stored has been decoded.
            var merged = applied == old ? old : try self.decode(applied.tree, target, context)
            merged[path: "metadata", "resourceVersion"] = body[path: "metadata", "resourceVersion"]
            try Metadata.checkRequest(merged, target, isCreate: false)
            return merged
        }
    }

    /// What a YAML body sets twice is warned of, or refused.
    private func checkRepeatedKeys(_ patch: Patch, _ context: RequestContext) throws(APIError) {
        guard !patch.repeatedKeys.isEmpty, context.options.fieldValidation != "Ignore" else { return }
        guard context.options.fieldValidation == "Strict" else { return context.warn(patch.repeatedKeys) }
        let lines = patch.repeatedKeys.map { "\n  \($0)" }.joined()
        throw .badRequest("error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\(lines)")
    }
}
