import ClusterAPI
import ClusterObjects

/// Keeps a node agent to its own Node, Lease and pods, and from labels and taints that would bring it pods it should not have.
/// Source: plugin/pkg/admission/noderestriction/admission.go.
struct NodeRestriction: AdmissionPlugin {
    let name = "NodeRestriction"

    func admit(_ object: inout Value, old: Value?, _ request: AdmissionRequest) throws(APIError) {
        guard let node = try node(request) else { return }
        let target = request.target
        switch (target.resource.group, target.resource.plural, target.subresource) {
        case ("", "pods", ""):
            guard old == nil else {
                throw refuse(
                    request, "unexpected operation \"UPDATE\", node \(GoQuoted.text(node)) can only create and delete mirror pods")
            }
            try checkMirror(object, node, request)
        case ("", "pods", "status"): try checkPodStatus(object, old, node, request)
        case ("", "pods", let other):
            throw refuse(
                request, "unexpected pod subresource \(GoQuoted.text(other)), only 'status' and 'eviction' are allowed")
        case ("", "nodes", _): try checkNode(object, old, node, request)
        case ("", "persistentvolumeclaims", "status"): try checkClaimStatus(object, old, node, request)
        case ("", "persistentvolumeclaims", _): throw refuse(request, "may only update PVC status")
        case ("coordination.k8s.io", "leases", _):
            guard target.namespace == "kube-node-lease" else {
                throw refuse(request, "can only access leases in the \"kube-node-lease\" system namespace")
            }
            guard object[path: "metadata", "name"]?.string == node else {
                throw refuse(request, "can only access node lease with the same name as the requesting node")
            }
        case ("storage.k8s.io", "csinodes", _):
            guard object[path: "metadata", "name"]?.string == node else {
                throw refuse(request, "can only access CSINode with the same name as the requesting node")
            }
        default: return
        }
    }

    func validateDelete(_ object: Value, _ request: AdmissionRequest) throws(APIError) {
        guard let node = try node(request) else { return }
        switch (request.target.resource.group, request.target.resource.plural) {
        case ("", "pods"):
            guard object[path: "spec", "nodeName"]?.string == node else {
                throw refuse(request, "node \(GoQuoted.text(node)) can only delete pods with spec.nodeName set to itself")
            }
        case ("", "nodes"): try checkName(node, request)
        default: return
        }
    }

    func validateSubresource(_ body: Tree, _ request: AdmissionRequest) throws(APIError) {
        guard let node = try node(request) else { return }
        let target = request.target
        switch (target.resource.group, target.resource.plural, target.subresource) {
        case ("", "pods", "eviction"):
            guard try pod(target.path, request)?[path: "spec", "nodeName"]?.string == node else {
                throw refuse(request, "node \(node) can only evict pods with spec.nodeName set to itself")
            }
        case ("", "serviceaccounts", "token"): try checkToken(body, node, request)
        default: return
        }
    }

    /// The node that asks; nil when somebody else does.
    private func node(_ request: AdmissionRequest) throws(APIError) -> String? {
        guard let node = NodeAuthorizer.node(of: request.context.user) else { return nil }
        guard !node.isEmpty else {
            throw refuse(request, "could not determine node from user \(GoQuoted.text(request.context.user.name))")
        }
        return node
    }

    private func refuse(_ request: AdmissionRequest, _ why: String) -> APIError {
        .forbidden(request.target.resource.groupResource, request.target.name, why)
    }

    private func pod(_ path: String, _ request: AdmissionRequest) throws(APIError) -> Tree? {
        try request.server.intact(GroupResource("", "pods"), path)
    }

    // MARK: - Pods

    private func checkMirror(_ pod: Value, _ node: String, _ request: AdmissionRequest) throws(APIError) {
        let who = GoQuoted.text(node)
        let mirror = "kubernetes.io/config.mirror"
        guard pod[path: "metadata", "annotations", mirror] != nil else {
            throw refuse(request, "pod does not have \(GoQuoted.text(mirror)) annotation, node \(who) can only create mirror pods")
        }
        guard pod[path: "spec", "nodeName"]?.string == node else {
            throw refuse(request, "node \(who) can only create pods with spec.nodeName set to itself")
        }
        let owners = pod[path: "metadata", "ownerReferences"]?.array ?? []
        guard owners.count <= 1 else {
            throw refuse(request, "node \(who) can only create pods with a single owner reference set to itself")
        }
        guard let owner = owners.first, owner["apiVersion"] == "v1", owner["kind"] == "Node", owner["name"]?.string == node else {
            throw refuse(request, "node \(who) can only create pods with an owner reference set to itself")
        }
        guard owner["controller"]?.bool == true else {
            throw refuse(request, "node \(who) can only create pods with a controller owner reference set to itself")
        }
        guard owner["blockOwnerDeletion"]?.bool != true else {
            throw refuse(request, "node \(who) must not set blockOwnerDeletion on an owner reference")
        }
        guard let stored = try request.server.intact(GroupResource("", "nodes"), node) else {
            throw .notFound(GroupResource("", "nodes"), node)
        }
        let uid = stored[path: "metadata", "uid"]?.string ?? ""
        guard owner["uid"]?.string == uid else {
            throw refuse(request, "node \(node) UID mismatch: expected \(owner["uid"]?.string ?? "") got \(uid)")
        }
        try checkNoReferences(pod, who, request)
    }

    /// What only a node runs depends on nothing in the API.
    private func checkNoReferences(_ pod: Value, _ who: String, _ request: AdmissionRequest) throws(APIError) {
        var plain = pod
        plain[path: "metadata", "annotations"] = nil
        let references = PodReference.all(of: plain.tree)
        for (kind, shown) in [
            (PodReference.Kind.serviceAccount, "a service account"), (.secret, "secrets"), (.configMap, "configmaps"),
            (.claim, "persistentvolumeclaims"),
        ] where references.contains(where: { $0.kind == kind }) {
            throw refuse(request, "node \(who) can not create pods that reference \(shown)")
        }
    }

    private func checkPodStatus(_ pod: Value, _ old: Value?, _ node: String, _ request: AdmissionRequest) throws(APIError) {
        let who = GoQuoted.text(node)
        guard let old, old[path: "spec", "nodeName"]?.string == node else {
            throw refuse(request, "node \(who) can only update pod status for pods with spec.nodeName set to itself")
        }
        guard pod[path: "metadata", "labels"] ?? .emptyObject == old[path: "metadata", "labels"] ?? .emptyObject else {
            throw refuse(request, "node \(who) cannot update labels through pod status")
        }
        let claims = { (pod: Value) in pod[path: "status", "resourceClaimStatuses"]?.array ?? [] }
        guard claims(pod) == claims(old) else { throw refuse(request, "node \(who) cannot update resource claim statues") }
    }

    private func checkToken(_ body: Tree, _ node: String, _ request: AdmissionRequest) throws(APIError) {
        let reference = body[path: "spec", "boundObjectRef"]
        guard reference?["apiVersion"]?.string == "v1", reference?["kind"]?.string == "Pod", let name = reference?["name"]?.string,
            !name.isEmpty
        else { throw refuse(request, "node requested token not bound to a pod") }
        guard let uid = reference?["uid"]?.string, !uid.isEmpty else {
            throw refuse(request, "node requested token with a pod binding without a uid")
        }
        guard let pod = try pod("\(request.target.namespace)/\(name)", request) else { throw .notFound(GroupResource("", "pods"), name) }
        guard pod[path: "metadata", "uid"]?.string == uid else {
            throw refuse(
                request,
                "the UID in the bound object reference (\(uid)) does not match the UID in record. The object might have been deleted and then recreated"
            )
        }
        guard pod[path: "spec", "nodeName"]?.string == node else {
            throw refuse(request, "node requested token bound to a pod scheduled on a different node")
        }
    }

    // MARK: - Nodes and claims

    private func checkName(_ node: String, _ request: AdmissionRequest) throws(APIError) {
        guard request.target.name == node else {
            throw refuse(
                request, "node \(GoQuoted.text(node)) is not allowed to modify node \(GoQuoted.text(request.target.name))")
        }
    }

    private func checkNode(_ object: Value, _ old: Value?, _ node: String, _ request: AdmissionRequest) throws(APIError) {
        try checkName(node, request)
        let who = GoQuoted.text(node)
        if let source = object[path: "spec", "configSource"], source != old?[path: "spec", "configSource"] {
            throw refuse(
                request,
                old == nil
                    ? "node \(who) is not allowed to create pods with a non-nil configSource"
                    : "node \(who) is not allowed to update configSource to a new non-nil configSource")
        }
        if let old, object[path: "spec", "taints"]?.array ?? [] != old[path: "spec", "taints"]?.array ?? [] {
            throw refuse(request, "node \(who) is not allowed to modify taints")
        }
        let labels = object[path: "metadata", "labels"]?.stringMap ?? [:]
        let before = old?[path: "metadata", "labels"]?.stringMap ?? [:]
        let changed = Set(labels.keys).union(before.keys).filter { labels[$0] != before[$0] }
        let forbidden = changed.filter(NodeRestriction.isForbidden).sorted()
        guard forbidden.isEmpty else {
            let list = forbidden.joined(separator: ", ")
            throw refuse(
                request,
                old == nil
                    ? "node \(who) is not allowed to set the following labels: \(list)" : "is not allowed to modify labels: \(list)")
        }
    }

    /// Labels of Kubernetes' own that say more than what a machine is.
    static func isForbidden(_ label: String) -> Bool {
        guard let slash = label.firstIndex(of: "/") else { return false }
        let domain = label[..<slash]
        func isBelow(_ parent: String) -> Bool { domain == parent || domain.hasSuffix(".\(parent)") }
        if isBelow("node-restriction.kubernetes.io") { return true }
        guard isBelow("kubernetes.io") || isBelow("k8s.io") else { return false }
        return !ownLabels.contains(label) && !isBelow("kubelet.kubernetes.io") && !isBelow("node.kubernetes.io")
    }

    /// Source: k8s.io/kubelet/pkg/apis/well_known_labels.go.
    private static let ownLabels: Set<String> = [
        "kubernetes.io/hostname", "topology.kubernetes.io/zone", "topology.kubernetes.io/region",
        "failure-domain.beta.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/region", "beta.kubernetes.io/instance-type",
        "node.kubernetes.io/instance-type", "kubernetes.io/os", "kubernetes.io/arch", "beta.kubernetes.io/os", "beta.kubernetes.io/arch",
    ]

    private func checkClaimStatus(_ claim: Value, _ old: Value?, _ node: String, _ request: AdmissionRequest) throws(APIError) {
        func comparable(_ claim: Value) -> Value {
            var claim = claim
            for field in ["resourceVersion", "managedFields"] { claim[path: "metadata", field] = nil }
            for field in ["capacity", "conditions", "allocatedResources", "allocatedResourceStatuses"] {
                claim[path: "status", field] = nil
            }
            return claim
        }
        guard let old, comparable(claim) == comparable(old) else {
            throw refuse(
                request, "node \(GoQuoted.text(node)) is not allowed to update fields other than status.capacity and status.conditions")
        }
    }
}
