import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterStore

extension APIServer {
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
