import ClusterAPI
import ClusterObjects
import ClusterStore
import Synchronization

/// Lets a node read what its pods need and write what is its own, and no more. Node agents are users `system:node:NAME` in the group
/// `system:nodes`. What depends on the new object's contents is checked by ``NodeRestriction``.
/// Source: plugin/pkg/auth/authorizer/node/node_authorizer.go.
final class NodeAuthorizer: Authorizer {
    private struct State: Sendable {
        var pods = NodePods()
        var cursor = CollectionCursor(GroupResource("", "pods"))
    }

    private let store: any Store
    /// What every node may do with resources that are not told apart below.
    private let common: [PolicyRule]
    private let state = Mutex(State())

    init(_ store: any Store) {
        self.store = store
        common = BootstrapAccess.rules(ofClusterRole: "system:node")
    }

    /// The node that a user is; empty for a member of the group that is none by name, nil for everybody else.
    static func node(of user: UserInfo) -> String? {
        let prefix = "system:node:"
        guard user.name.hasPrefix(prefix), user.groups.contains("system:nodes") else { return nil }
        return String(user.name.dropFirst(prefix.count))
    }

    func rules(of user: UserInfo, in namespace: String) -> UserRules {
        guard NodeAuthorizer.node(of: user) != nil else { return UserRules() }
        return UserRules(isIncomplete: true, errors: ["node authorizer does not support user rule resolution"])
    }

    func decide(_ request: AccessRequest) -> AccessDecision {
        guard let node = NodeAuthorizer.node(of: request.user) else { return .noOpinion() }
        guard !node.isEmpty else { return .noOpinion("unknown node for user \(GoQuoted.text(request.user.name))") }
        guard request.path == nil else { return commonly(request) }
        switch (request.group, request.resource) {
        case ("", "secrets"): return read(request, node) { self.mayReadSecret(request, node) }
        case ("", "configmaps"): return read(request, node) { self.needs(.configMap, request, node) }
        case ("", "persistentvolumeclaims"):
            if request.subresource == "status" {
                guard request.verb == "update" || request.verb == "patch" else {
                    return .noOpinion("can only get/update/patch this type")
                }
                return related(request, node) { self.needs(.claim, request, node) }
            }
            return get(request, node) { self.needs(.claim, request, node) }
        case ("", "persistentvolumes"): return get(request, node) { self.isMounted(request.name, node) }
        case ("resource.k8s.io", "resourceclaims"): return get(request, node) { self.needs(.resourceClaim, request, node) }
        case ("storage.k8s.io", "volumeattachments"):
            return get(request, node) {
                self.tree(GroupResource("storage.k8s.io", "volumeattachments"), request.name)?[path: "spec", "nodeName"]?.string == node
            }
        case ("", "serviceaccounts"): return token(request, node)
        case ("coordination.k8s.io", "leases"): return lease(request, node)
        case ("storage.k8s.io", "csinodes"):
            if !request.subresource.isEmpty { return .noOpinion("cannot authorize CSINode subresources") }
            return own(
                request, node, "can only get, create, update, patch, or delete a CSINode",
                "can only access CSINode with the same name as the requesting node")
        case ("resource.k8s.io", "resourceslices"): return slice(request, node)
        case ("", "nodes"): return nodes(request, node)
        case ("", "pods"): return pods(request, node)
        default: return commonly(request)
        }
    }

    private func commonly(_ request: AccessRequest) -> AccessDecision {
        common.contains { $0.allows(request) } ? .allow() : .noOpinion()
    }

    // MARK: - What pods need

    /// The answer of the pods as of now.
    private func ask<Answer: Sendable>(_ question: (NodePods) -> Answer) -> Answer {
        state.withLock { state in
            var pods = state.pods
            state.pods = NodePods()
            state.cursor.catchUp(store) { news in
                switch news {
                case .all(let snapshot):
                    pods = NodePods()
                    for object in snapshot.range() where !object.isDamaged { pods.set(object.path, ObjectBytes.tree(object)) }
                case .changed(let event):
                    if event.kind == .deleted || event.object.isDamaged {
                        pods.remove(event.object.path)
                    } else {
                        pods.set(event.object.path, ObjectBytes.tree(event.object))
                    }
                }
            }
            state.pods = pods
            return question(pods)
        }
    }

    private func needs(_ kind: PodReference.Kind, _ request: AccessRequest, _ node: String) -> Bool {
        ask { $0.need(PodReference(kind: kind, name: request.name), in: request.namespace, on: node) }
    }

    /// Needed by a pod itself, or by the driver of a volume that a pod uses.
    private func mayReadSecret(_ request: AccessRequest, _ node: String) -> Bool {
        if needs(.secret, request, node) { return true }
        return ask { $0.claims(on: node) }.contains { claim in
            guard let volume = volume(of: claim) else { return false }
            return NodeAuthorizer.secrets(of: volume, claim: claim)
                .contains(ObjectKey(namespace: request.namespace, name: request.name))
        }
    }

    private func isMounted(_ name: String, _ node: String) -> Bool {
        guard let reference = tree(GroupResource("", "persistentvolumes"), name)?[path: "spec", "claimRef"] else { return false }
        let namespace = reference["namespace"]?.string ?? ""
        return ask { $0.need(PodReference(kind: .claim, name: reference["name"]?.string ?? ""), in: namespace, on: node) }
    }

    private func volume(of claim: ObjectKey) -> Tree? {
        guard let name = tree(GroupResource("", "persistentvolumeclaims"), claim.description)?[path: "spec", "volumeName"]?.string
        else { return nil }
        return tree(GroupResource("", "persistentvolumes"), name)
    }

    /// Source: pkg/api/persistentvolume/util.go, VisitPVSecretNames.
    private static func secrets(of volume: Tree, claim: ObjectKey) -> Set<ObjectKey> {
        var result: Set<ObjectKey> = []
        let spec = volume["spec"]
        func add(_ reference: Tree?) {
            guard let name = reference?["name"]?.string, !name.isEmpty else { return }
            let namespace = reference?["namespace"]?.string ?? ""
            result.insert(ObjectKey(namespace: namespace.isEmpty ? claim.namespace : namespace, name: name))
        }
        for driver in ["cephfs", "flexVolume", "iscsi", "rbd", "scaleIO", "storageos"] { add(spec?[path: driver, "secretRef"]) }
        for field in [
            "nodePublishSecretRef", "nodeStageSecretRef", "nodeExpandSecretRef", "controllerPublishSecretRef",
            "controllerExpandSecretRef",
        ] { add(spec?[path: "csi", field]) }
        if let azure = spec?["azureFile"], let name = azure["secretName"]?.string {
            let namespace = azure["secretNamespace"]?.string ?? ""
            result.insert(ObjectKey(namespace: namespace.isEmpty ? claim.namespace : namespace, name: name))
        }
        return result
    }

    private func tree(_ collection: GroupResource, _ path: String) -> Tree? {
        guard let object = store.get(collection, path), !object.isDamaged else { return nil }
        return ObjectBytes.tree(object)
    }

    private func related(_ request: AccessRequest, _ node: String, _ isRelated: () -> Bool) -> AccessDecision {
        guard !request.name.isEmpty else { return .noOpinion("No Object name found") }
        return isRelated() ? .allow() : .noOpinion("no relationship found between node '\(node)' and this object")
    }

    private func get(_ request: AccessRequest, _ node: String, _ isRelated: () -> Bool) -> AccessDecision {
        guard request.verb == "get" else { return .noOpinion("can only get individual resources of this type") }
        guard request.subresource.isEmpty else { return .noOpinion("cannot get subresource") }
        return related(request, node, isRelated)
    }

    private func read(_ request: AccessRequest, _ node: String, _ isRelated: () -> Bool) -> AccessDecision {
        guard ["get", "list", "watch"].contains(request.verb) else { return .noOpinion("can only read resources of this type") }
        guard request.subresource.isEmpty else { return .noOpinion("cannot read subresource") }
        guard !request.namespace.isEmpty else { return .noOpinion("can only read namespaced object of this type") }
        return related(request, node, isRelated)
    }

    // MARK: - Kind by kind

    private func token(_ request: AccessRequest, _ node: String) -> AccessDecision {
        guard request.verb == "create", !request.name.isEmpty else {
            return .noOpinion("can only create tokens for individual service accounts")
        }
        guard request.subresource == "token" else { return .noOpinion("can only create token subresource of serviceaccount") }
        return needs(.serviceAccount, request, node)
            ? .allow() : .noOpinion("no relationship found between node '\(node)' and this object")
    }

    private func lease(_ request: AccessRequest, _ node: String) -> AccessDecision {
        guard request.namespace == "kube-node-lease" || !NodeAuthorizer.ownVerbs.contains(request.verb) else {
            return .noOpinion("can only access leases in the \"kube-node-lease\" system namespace")
        }
        return own(
            request, node, "can only get, create, update, patch, or delete a node lease",
            "can only access node lease with the same name as the requesting node")
    }

    private static let ownVerbs: Set<String> = ["get", "create", "update", "patch", "delete"]

    /// One object that has the node's name. On creation the name is not known yet.
    private func own(_ request: AccessRequest, _ node: String, _ verbs: String, _ name: String) -> AccessDecision {
        guard NodeAuthorizer.ownVerbs.contains(request.verb) else { return .noOpinion(verbs) }
        return request.verb == "create" || request.name == node ? .allow() : .noOpinion(name)
    }

    private func slice(_ request: AccessRequest, _ node: String) -> AccessDecision {
        guard request.subresource.isEmpty else { return .noOpinion("cannot authorize ResourceSlice subresources") }
        switch request.verb {
        case "create": return .allow()
        case "get", "update", "patch", "delete":
            return related(request, node) {
                self.tree(GroupResource("resource.k8s.io", "resourceslices"), request.name)?[path: "spec", "nodeName"]?.string == node
            }
        case "watch", "list", "deletecollection":
            return request.selected("spec.nodeName") == node
                ? .allow() : .noOpinion("can only list/watch/deletecollection resourceslices with nodeName field selector")
        default:
            return .noOpinion(
                "only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection"
            )
        }
    }

    private func nodes(_ request: AccessRequest, _ node: String) -> AccessDecision {
        switch (request.subresource, request.verb) {
        case ("", "create"), ("", "update"), ("", "patch"), ("status", "update"), ("status", "patch"): return .allow()
        case ("", "get"), ("", "list"), ("", "watch"):
            if request.name == node { return .allow() }
            if request.name.isEmpty { return .noOpinion("node '\(node)' cannot read all nodes, only its own Node object") }
            return .noOpinion("node '\(node)' cannot read '\(request.name)', only its own Node object")
        default: return .noOpinion()
        }
    }

    private func pods(_ request: AccessRequest, _ node: String) -> AccessDecision {
        let isHere = { self.ask { $0.has("\(request.namespace)/\(request.name)", on: node) } }
        switch (request.subresource, request.verb) {
        case ("", "get"): return get(request, node, isHere)
        case ("", "list"), ("", "watch"):
            if request.selected("spec.nodeName") == node { return .allow() }
            if !request.name.isEmpty { return related(request, node, isHere) }
            return .noOpinion("can only list/watch pods with spec.nodeName field selector")
        case ("", "create"), ("", "delete"), ("status", "update"), ("status", "patch"), ("eviction", "create"): return .allow()
        default: return .noOpinion()
        }
    }
}
