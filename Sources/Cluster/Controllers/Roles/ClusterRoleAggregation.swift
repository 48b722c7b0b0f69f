import ClusterClient
import ClusterObjects

/// Gathers the rules of ClusterRoles chosen by label into those that ask for it. Keys are the roles that gather.
/// Source: pkg/controller/clusterroleaggregation.
struct ClusterRoleAggregation: Controller {
    let name = "clusterrole-aggregation-controller"
    var parallelism: Int { 1 }

    /// Any role may be one that another gathers, or has been.
    var watches: [Watched] {
        [
            Watched(.clusterRoles) { _, _, cluster in
                cluster.objects(.clusterRoles, in: nil).filter { $0.tree["aggregationRule"]?.isNull == false }.map(\.key)
            }
        ]
    }

    func reconcile(_ request: Reconciliation) -> Decision {
        guard let role = request.cluster.object(.clusterRoles, request.key), !role.isBeingDeleted,
            let aggregation = role.tree["aggregationRule"], !aggregation.isNull
        else { return .nothing }
        let others = request.cluster.objects(.clusterRoles, in: nil).filter { $0.name != role.name }.sorted { $0.name < $1.name }
        var seen: Set<Value> = []
        var rules: [Value] = []
        for selector in aggregation.elements("clusterRoleSelectors").map({ LabelSelector($0) }) {
            for other in others where selector.matches(other.labels) {
                for rule in other.tree.elements("rules").map(\.value) where seen.insert(rule).inserted { rules.append(rule) }
            }
        }
        guard rules != role.tree.elements("rules").map(\.value) else { return .nothing }
        return Decision(steps: [[.patch(.clusterRoles, role.key, ["rules": .array(rules)])]])
    }
}

extension GroupVersionResource {
    static let clusterRoles = GroupVersionResource("rbac.authorization.k8s.io", "v1", "clusterroles")
}
