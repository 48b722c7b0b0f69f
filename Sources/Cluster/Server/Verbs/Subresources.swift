import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterStore

/// `scale`: an object's replicas and selector in a form of their own.
enum Scale {
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
        try await setScale(target, context) { _ throws(APIError) in body.value }
    }

    func patchScale(_ target: Target, _ patch: Patch, _ context: RequestContext) async throws(APIError) -> WriteResult {
        try await setScale(target, context) { current throws(APIError) in
            let schema = BuiltInSchemas.schema(of: GroupVersionKind("autoscaling", "v1", "Scale")) ?? .any
            if patch.kind == .apply { return try StrategicMerge.apply(patch.body, to: current, schema: schema) }
            var new = try self.patched(current, patch, schema, target)
            if new[path: "metadata", "resourceVersion"] == current[path: "metadata", "resourceVersion"] {
                new[path: "metadata", "resourceVersion"] = nil
            }
            return new
        }
    }

    /// Sets the replicas of the object to those of a changed Scale.
    private func setScale(
        _ target: Target, _ context: RequestContext, _ change: @Sendable (Value) throws(APIError) -> Value
    ) async throws(APIError) -> WriteResult {
        guard let sub = target.resource.subresource("scale") else {
            throw APIError(code: 404, reason: "NotFound", message: "the server could not find the requested resource")
        }
        let path = Scale.paths(sub).spec.split(separator: ".").map(String.init)
        let result = try await mutate(target, context) { old, stored throws(APIError) in
            let scale = try change(try Scale.read(stored, target))
            if let name = scale[path: "metadata", "name"]?.string, !name.isEmpty, name != target.name {
                throw .badRequest("the name of the object (\(name)) does not match the name on the URL (\(target.name))")
            }
            let replicas = scale[path: "spec", "replicas"]?.int ?? 0
            guard replicas >= 0 else {
                throw .invalid(
                    group: "autoscaling", kind: "Scale", name: target.name,
                    [.invalid(FieldPath("spec", "replicas"), Value(replicas), "must be greater than or equal to 0")])
            }
            var new = old
            new[path: path] = Value(replicas)
            new[path: "metadata", "resourceVersion"] = scale[path: "metadata", "resourceVersion"]
            return new
        }
        guard case .stored(let stored, _) = result.written else { return result }
        return WriteResult(written: .made(try Scale.read(stored, target)))
    }

    /// POST to a subresource.
    func createSubresource(_ target: Target, _ body: Tree, _ context: RequestContext) async throws(APIError) -> WriteResult {
        switch target.subresource {
        case "binding": return try await bind(target, body, context)
        case "eviction": return try await evict(target, body, context)
        default:
            throw APIError(
                code: 405, reason: "MethodNotAllowed",
                message: "the server does not allow this method on the requested resource")
        }
    }

    /// Assigns a pod to a node. Source: pkg/registry/core/pod/storage, assignPod.
    private func bind(_ target: Target, _ body: Tree, _ context: RequestContext) async throws(APIError) -> WriteResult {
        let node = body[path: "target", "name"]?.string ?? ""
        guard !node.isEmpty else {
            throw .invalid(group: "", kind: "Binding", name: target.name, [.required(FieldPath("target", "name"))])
        }
        var pod = target
        pod.subresource = ""
        pod.resource.rules.prepareForUpdate = { _, _, _ in }
        pod.resource.rules.validateUpdate = { _, _, _ in [] }
        let uid = body[path: "metadata", "uid"]?.string ?? ""
        let annotations = body[path: "metadata", "annotations"]?.stringMap ?? [:]
        _ = try await mutate(pod, context) { old, _ throws(APIError) in
            let resource = target.resource.groupResource
            if !uid.isEmpty, uid != old[path: "metadata", "uid"]?.string {
                throw .conflict(
                    resource, target.name,
                    "Precondition failed: UID in precondition: \(uid), UID in object meta: \(old[path: "metadata", "uid"]?.string ?? "")")
            }
            if old[path: "metadata", "deletionTimestamp"] != nil {
                throw .conflict(resource, target.name, "pod \(target.name) is being deleted, cannot be assigned to a host")
            }
            let current = old[path: "spec", "nodeName"]?.string ?? ""
            guard current.isEmpty else {
                throw .conflict(resource, target.name, "pod \(target.name) is already assigned to node \"\(current)\"")
            }
            var new = old
            new[path: "metadata", "resourceVersion"] = nil
            new[path: "spec", "nodeName"] = .string(node)
            for (key, value) in annotations { new[path: "metadata", "annotations", key] = .string(value) }
            Conditions.set(&new, type: "PodScheduled", status: "True", at: context.now)
            return new
        }
        return WriteResult(
            written: .made(["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "code": 201]), isCreated: true)
    }

    /// Deletes a pod on behalf of somebody who drains.
    private func evict(_ target: Target, _ body: Tree, _ context: RequestContext) async throws(APIError) -> WriteResult {
        var pod = target
        pod.subresource = ""
        let options = DeleteOptions(
            gracePeriodSeconds: body[path: "deleteOptions", "gracePeriodSeconds"]?.int,
            propagationPolicy: body[path: "deleteOptions", "propagationPolicy"]?.string ?? "",
            uid: body[path: "deleteOptions", "preconditions", "uid"]?.string ?? "",
            resourceVersion: body[path: "deleteOptions", "preconditions", "resourceVersion"]?.string ?? "")
        _ = try await delete(pod, options, context)
        return WriteResult(
            written: .made(["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "code": 201]), isCreated: true)
    }
}

/// The conditions of a status.
enum Conditions {
    /// Adds the condition, or changes the one of its type; the transition time only with the status.
    static func set(
        _ object: inout Value, type: String, status: String, reason: String = "", message: String = "", at now: Timestamp
    ) {
        var conditions = object[path: "status", "conditions"]?.array ?? []
        let index = conditions.firstIndex { $0["type"]?.string == type }
        var condition = index.map { conditions[$0] } ?? ["type": .string(type)]
        if condition["status"]?.string != status {
            condition["status"] = .string(status)
            condition["lastTransitionTime"] = .string(now.wholeSeconds.description)
        }
        condition["reason"] = reason.isEmpty ? nil : .string(reason)
        condition["message"] = message.isEmpty ? nil : .string(message)
        if let index { conditions[index] = condition } else { conditions.append(condition) }
        object[path: "status", "conditions"] = .array(conditions)
    }
}
