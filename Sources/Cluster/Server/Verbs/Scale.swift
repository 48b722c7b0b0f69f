import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterStore

/// `scale`: an object's replicas and selector in a form of their own.
enum Scale {
    static let schema = BuiltInSchemas.schema(of: GroupVersionKind("autoscaling", "v1", "Scale")) ?? .any

    static func read(_ stored: StoredObject, _ target: Target) throws(APIError) -> Value {
        guard let sub = target.resource.subresource("scale") else {
            throw APIError(code: 404, reason: "NotFound", message: "the server could not find the requested resource")
        }
        let object = ObjectBytes.object(stored, as: target.resource.gvk)
        let (specPath, statusPath, selectorPath) = paths(sub)
        var metadata: Value = [
            "name": .string(object.name), "uid": .string(object.uid), "resourceVersion": .string(object.resourceVersion),
        ]
        if !object.namespace.isEmpty { metadata["namespace"] = .string(object.namespace) }
        if let created = object.metadata?["creationTimestamp"]?.value { metadata["creationTimestamp"] = created }
        var spec = Value.emptyObject
        let replicas = object.tree.at(specPath)?.int ?? 0
        if replicas != 0 { spec["replicas"] = Value(replicas) }
        var status: Value = ["replicas": Value(object.tree.at(statusPath)?.int ?? 0)]
        if let selector = object.tree.at(selectorPath) {
            let text =
                selector.string
                ?? (target.resource.plural == "replicationcontrollers" && target.resource.group.isEmpty
                ? LabelSelector(matching: selector.stringMap) : LabelSelector(selector)).description
            if !text.isEmpty { status["selector"] = .string(text) }
        }
        return [
            "kind": "Scale", "apiVersion": .string(sub.gvk.apiVersion), "metadata": metadata, "spec": spec, "status": status,
        ]
    }

    /// Where they are; built-in kinds have them all in the same place.
    static func paths(_ sub: Subresource) -> (spec: String, status: String, selector: String) {
        (
            sub.specReplicasPath.isEmpty ? "spec.replicas" : sub.specReplicasPath,
            sub.statusReplicasPath.isEmpty ? "status.replicas" : sub.statusReplicasPath,
            sub.labelSelectorPath.isEmpty ? "spec.selector" : sub.labelSelectorPath
        )
    }
}

extension Tree {
    /// The value at a dotted path.
    func at(_ path: String) -> Tree? {
        var place: Tree? = self
        for step in path.split(separator: ".") { place = place?[String(step)] }
        return place
    }
}

extension APIServer {
    func updateScale(_ target: Target, _ body: Tree, _ context: RequestContext) async throws(APIError) -> WriteResult {
        if let sub = target.resource.subresource("scale") { try BodyKind.check(body, sub.gvk, in: registry) }
        let scale = body.value
        try Metadata.checkRequest(scale, target, isCreate: false)
        return try await setScale(target, context) { live, manager throws(APIError) in
            try Metadata.checkIdentity(scale, live, target)
            return manager.update(scale, old: live, manager: context.fieldManager, now: context.now.wholeSeconds)
        }
    }

    func patchScale(_ target: Target, _ patch: Patch, _ context: RequestContext) async throws(APIError) -> WriteResult {
        try await setScale(target, context) { live, manager throws(APIError) in
            if patch.kind == .apply {
                var scale = try manager.apply(
                    patch.body, live: live, manager: context.fieldManager, force: context.options.force, now: context.now.wholeSeconds)
                scale[path: "metadata", "resourceVersion"] = patch.body[path: "metadata", "resourceVersion"]
                return scale
            }
            var scale = try self.patched(live, patch, Scale.schema, target)
            if scale[path: "metadata", "resourceVersion"] == live[path: "metadata", "resourceVersion"] {
                scale[path: "metadata", "resourceVersion"] = nil
            }
            try Metadata.checkRequest(scale, target, isCreate: false)
            return manager.update(scale, old: live, manager: context.fieldManager, now: context.now.wholeSeconds)
        }
    }

    /// Sets the replicas of the object to those of a changed Scale, and lets who changed them manage them.
    /// - Parameter change: from the Scale as it is, with its managedFields, to the one wanted.
    private func setScale(
        _ target: Target, _ context: RequestContext, _ change: @Sendable (Value, FieldManager) throws(APIError) -> Value
    ) async throws(APIError) -> WriteResult {
        let resource = target.resource
        guard let sub = resource.subresource("scale") else {
            throw APIError(code: 404, reason: "NotFound", message: "the server could not find the requested resource")
        }
        let path = Scale.paths(sub).spec.split(separator: ".").map(String.init)
        let manager = fieldManager(target)
        let result = try await mutate(target, context, tracks: false) { old, stored throws(APIError) in
            let managed = old[path: "metadata", "managedFields"]
            var live = try Scale.read(stored, target)
            live[path: "metadata", "managedFields"] = ScaleFields.scale(managed, resource: resource)
            let scale = try change(live, manager)
            let replicas = scale[path: "spec", "replicas"]?.int ?? 0
            // What a custom resource may have says its own validation.
            guard replicas >= 0 || resource.isCustom else {
                throw .invalid(
                    group: "autoscaling", kind: "Scale", name: target.name,
                    [.invalid(FieldPath("spec", "replicas"), Value(replicas), "must be greater than or equal to 0")])
            }
            var new = old
            new[path: path] = Value(replicas)
            new[path: "metadata", "resourceVersion"] = scale[path: "metadata", "resourceVersion"]
            new[path: "metadata", "managedFields"] = ScaleFields.parent(
                managed, scale: scale[path: "metadata", "managedFields"], resource: resource)
            return new
        }
        guard case .stored(let stored, _) = result.written else { return result }
        return WriteResult(written: .made(try Scale.read(stored, target)))
    }
}
