import ClusterAPI
import ClusterClient
import ClusterObjects
import ClusterStore

extension WriteResult {
    /// What a subresource that makes no object of its own answers with.
    static let success = WriteResult(
        written: .made(["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "code": 201]), isCreated: true)
}

extension APIServer {
    /// Assigns a pod to a node. Source: pkg/registry/core/pod/storage, BindingREST and assignPod.
    func bind(_ target: Target, _ body: Tree, _ context: RequestContext) async throws(APIError) -> WriteResult {
        let name = body[path: "metadata", "name"]?.string ?? ""
        guard name.isEmpty || name == target.name else { throw .badRequest("name in URL does not match name in Binding object") }
        let kind = body[path: "target", "kind"]?.string ?? ""
        guard kind.isEmpty || kind == "Node" else {
            throw .plainError("target.kind: Unsupported value: \(Value.string(kind).jsonText): supported values: \"Node\", \"<empty>\"")
        }
        let node = body[path: "target", "name"]?.string ?? ""
        guard !node.isEmpty else { throw .plainError("target.name: Required value") }
        var pod = target
        pod.subresource = ""
        pod.resource.rules.prepareForUpdate = { _, _, _ in }
        pod.resource.rules.validateUpdate = { _, _, _ in [] }
        // Where a pod runs is not a change of what it is.
        pod.resource.rules.hasGeneration = false
        let uid = body[path: "metadata", "uid"]?.string ?? ""
        let version = body[path: "metadata", "resourceVersion"]?.string ?? ""
        let annotations = body[path: "metadata", "annotations"]?.stringMap ?? [:]
        let labels = body[path: "metadata", "labels"]?.stringMap ?? [:]
        _ = try await mutate(pod, context) { old, stored throws(APIError) in
            func refuse(_ why: String) -> APIError { .conflict(GroupResource("", "pods/binding"), target.name, why) }
            let current = old[path: "metadata", "uid"]?.string ?? ""
            if !uid.isEmpty, uid != current {
                throw refuse("Precondition failed: UID in precondition: \(uid), UID in object meta: \(current)")
            }
            if !version.isEmpty, version != String(stored.revision) {
                throw refuse(
                    "Precondition failed: ResourceVersion in precondition: \(version), ResourceVersion in object meta: \(stored.revision)")
            }
            if old[path: "metadata", "deletionTimestamp"]?.string != nil {
                throw refuse("pod \(target.name) is being deleted, cannot be assigned to a host")
            }
            let host = old[path: "spec", "nodeName"]?.string ?? ""
            guard host.isEmpty else { throw refuse("pod \(target.name) is already assigned to node \"\(host)\"") }
            guard old[path: "spec", "schedulingGates"]?.array?.isEmpty ?? true else {
                throw refuse("pod \(target.name) has non-empty .spec.schedulingGates")
            }
            var new = old
            new[path: "metadata", "resourceVersion"] = nil
            new[path: "spec", "nodeName"] = .string(node)
            for (key, value) in annotations { new[path: "metadata", "annotations", key] = .string(value) }
            for (key, value) in labels { new[path: "metadata", "labels", key] = .string(value) }
            // The room that was made for it is taken.
            new[path: "status", "nominatedNodeName"] = nil
            Conditions.set(&new, type: "PodScheduled", status: "True", at: context.now)
            return new
        }
        return .success
    }
}
